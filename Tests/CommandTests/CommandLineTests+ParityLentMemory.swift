import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// A plug-in that keeps the address of its arguments beyond the call, where they mostly still are.
@Suite(.compilesC) struct LentMemoryTests {
    @Test(.tags(.slow), .unlessFast) func `arguments that are read after their call show`() throws {
        let folder = try PluginFolder()
        try folder.write(
            """
            #define attend_plugin_start minimal_start
            #include "\(CCompiler.root)/Plugins/Backends/minimal/minimal.c"
            #undef attend_plugin_start
            static attend_error *keep(attend_backend *backend, attend_kernel *k, attend_instance *instance,
                                      attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
                static attend_kernel *known;
                static const attend_slice *kept;
                if (known != k) { known = k; kept = inputs; }
                return run(backend, k, instance, stream, kept, outputs);
            }
            const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error);
            const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
                static attend_plugin keeping;
                const attend_plugin *made = minimal_start(handshake, error);
                if (!made) return NULL;
                keeping = *made;
                keeping.run = keep;
                return &keeping;
            }

            """, to: "keeping.c")
        let library = try folder.build("\(folder.path)/keeping.c", library: "libkeeping", name: "minimal")
        let outcome = try AttendProgram.run([
            "parity", "--plugin", library, "--backend", "minimal", "--operation", "multiply", "--quick", "--no-shrink",
            "--json"
        ])
        #expect(outcome.code == 3, "\(outcome.errors)")
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        let row = try #require(try report.required("operations").elements().first)
        #expect(try row.required("failed").integer() > 0)
    }
}
