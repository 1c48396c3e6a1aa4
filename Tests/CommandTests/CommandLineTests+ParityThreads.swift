import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// A plug-in whose loading changes how the thread computes, as one does that is linked with `-ffast-math`.
@Suite(.compilesC) struct ThreadChangingPluginTests {
    /// The honest example, and a line that runs when it is loaded.
    private static func library(in folder: PluginFolder) throws -> String {
        try folder.write(
            """
            #include <fenv.h>
            #include "\(CCompiler.root)/Plugins/Backends/minimal/minimal.c"
            __attribute__((constructor)) static void change_rounding(void) { fesetround(FE_DOWNWARD); }

            """, to: "changing.c")
        return try folder.build("\(folder.path)/changing.c", library: "libchanging", name: "minimal")
    }

    private static let words = "loading minimal left the floating-point environment changed: rounding down"

    @Test(.tags(.slow), .unlessFast, arguments: ["0", "1"]) func `none of its cases passes, and others do not suffer`(
        jobs: String
    ) throws {
        let folder = try PluginFolder()
        let outcome = try AttendProgram.run(
            ["parity", "--plugin", Self.library(in: folder), "--backend", "minimal,reference", "--jobs", jobs, "--json"]
                + ["--operation", "multiply", "--quick", "--no-shrink"])
        #expect(outcome.code == 3, "\(outcome.errors)")
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        let rows = try report.required("operations").elements()
        #expect(try rows.map { try $0.required("passed").integer() > 0 } == [false, true])
        #expect(try rows.map { try $0.required("failed").integer() > 0 } == [true, false])
        for failure in try report.required("failures").elements() {
            #expect(try failure.required("kind").string() == "environment")
            #expect(try failure.required("message").string() == Self.words)
        }
    }

    @Test func `the self-test says so as well`() throws {
        let folder = try PluginFolder()
        let outcome = try AttendProgram.run(
            ["parity", "--plugin", Self.library(in: folder), "--backend", "minimal", "--self-test", "--quick"]
                + ["--seeds", "1", "--fault", "add-past-end"])
        #expect(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains(Self.words), "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("1 of 1 planted faults caught"))
    }

    @Test func `a whole graph on it does not pass either`() throws {
        let folder = try PluginFolder()
        let example = AttendProgram.root.appending(path: "Examples/CrossAttention").path
        let outcome = try AttendProgram.run([
            "parity", "--plugin", Self.library(in: folder), "--backend", "minimal", "--graph",
            "\(example)/translate.json", "--inputs", "\(example)/sentence.json"
        ])
        #expect(outcome.code == 3, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.errors.contains(Self.words), "\(outcome.output)\(outcome.errors)")
    }
}
