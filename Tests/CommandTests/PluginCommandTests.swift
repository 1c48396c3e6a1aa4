import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// Plug-ins as a user of the program meets them.
@Suite(.compilesC) struct PluginCommandTests {
    private static let softmax =
        #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "nodes": [{"name": "p", "op": "softmax", "inputs": {"input": "x"}}], "outputs": {"pattern": "p"}}"#

    private static func files() throws -> PluginFolder {
        let folder = try PluginFolder()
        try folder.write(softmax, to: "g.json")
        try SafetensorsFile.write(
            ["x": Tensor([0, 0, 0, 0] as [Float], shape: [4])], to: "\(folder.path)/in.safetensors")
        return folder
    }

    private static func evaluation(_ folder: PluginFolder) -> [String] {
        ["eval", "\(folder.path)/g.json", "--inputs", "\(folder.path)/in.safetensors", "--json"]
            + ["--output", "\(folder.path)/out.safetensors"]
    }

    @Test func `a plug-in runs a graph, opened into primitives, and says so`() throws {
        let folder = try Self.files()
        let library = try ExamplePlugin.minimal.library()
        let run = try AttendProgram.run(
            Self.evaluation(folder) + ["--plugin", library, "--backend", "minimal"])
        #expect(run.code == 0, "\(run.errors)")
        let report = try JSONNode(JSONValue(parsing: run.output))
        #expect(try report.required("backend").string() == "minimal")
        let reasons = try report.required("placements").elements().map { try $0.required("reason").string() }
        #expect(!reasons.isEmpty)
        #expect(reasons.allSatisfy { $0.contains("softmax.v1: only primitives have kernels here") })
        let found = try SafetensorsFile("\(folder.path)/out.safetensors").tensor(named: "pattern").floats()
        #expect(found == [0.25, 0.25, 0.25, 0.25])
        // By the environment, too.
        let listed = try AttendProgram.run(
            Self.evaluation(folder), environment: ["ATTEND_PLUGINS": library, "ATTEND_BACKEND": "minimal"])
        #expect(listed.code == 0, "\(listed.errors)")
    }

    @Test func `backends lists plug-ins, as JSON and by name too`() throws {
        let library = try ExamplePlugin.minimal.library()
        let plain = try AttendProgram.run(["backends", "--plugin", library])
        #expect(plain.code == 0)
        #expect(plain.output.contains("  plug-in \(library), version 1.0.0\n"))
        let names = try AttendProgram.run(["backends", "--names", "--plugin", library])
        #expect(names.output.hasSuffix("\nminimal\n"))
        let json = try JSONNode(
            JSONValue(parsing: AttendProgram.run(["backends", "--json", "--plugin", library]).output))
        let entry = try #require(try json.required("backends").elements().last)
        #expect(try entry.required("plugin").required("path").string() == library)
        #expect(try entry.required("plugin").required("abi").string() == "1.0")
        #expect(try entry.required("available").bool())
    }

    @Test func `bad plug-ins have their codes and say what is wrong`() throws {
        let folder = try Self.files()
        func run(_ plugin: String) throws -> AttendProgram.Outcome {
            try AttendProgram.run(Self.evaluation(folder) + ["--plugin", plugin, "--backend", "minimal"])
        }
        let bare = try run("libminimal.so")
        #expect(bare.code == 64, "\(bare.errors)")
        #expect(bare.errors.contains("have no search path"), "\(bare.errors)")
        let missing = try run("/nowhere/lib.so")
        #expect(missing.code == 5, "\(missing.errors)")
        #expect(missing.errors.contains("/nowhere/lib.so"), "\(missing.errors)")
        let text = try run("\(folder.path)/g.json")
        #expect(text.code == 5, "\(text.errors)")
        #expect(text.errors.contains("is not a shared library"), "\(text.errors)")
        try folder.write(
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: ExamplePlugin.minimal.library())).prefix(5000)),
            to: "libshort.so")
        let short = try run("\(folder.path)/libshort.so")
        #expect(short.code == 5, "\(short.errors)")
        #expect(short.errors.contains("is truncated: found 5000 bytes, expected"), "\(short.errors)")
        let source = "\(CCompiler.root)/Tests/PluginTests/Fixtures/faulty.c"
        let newer = try folder.build(source, library: "libnewer", name: "minimal", abi: "2.0")
        let refused = try run(newer)
        #expect(refused.code == 4, "\(refused.errors)")
        #expect(refused.errors.contains("requires version 2.0"), "\(refused.errors)")
        let silent = try folder.build(
            source, library: "libsilent", name: "minimal", flags: ["-DNAME=\"minimal\"", "-DSTART_NOTHING"])
        let failed = try run(silent)
        #expect(failed.code == 4, "\(failed.errors)")
        #expect(failed.errors.contains("did not start"), "\(failed.errors)")
        // What can't start is listed with its reason, and the others with it.
        let list = try AttendProgram.run(["backends", "--plugin", silent])
        #expect(list.code == 0)
        #expect(list.output.contains("not available: \(silent): did not start: it returned no reason"))
        // And harms nobody who does not ask for it.
        let other = try AttendProgram.run(Self.evaluation(folder) + ["--plugin", silent, "--backend", "naive"])
        #expect(other.code == 0)
    }

    @Test func `backends lists devices with what is known of them`() throws {
        let folder = try PluginFolder()
        let source = "\(CCompiler.root)/Tests/PluginTests/Fixtures/faulty.c"
        let library = try folder.build(source, library: "libfaulty", name: "faulty", flags: ["-DDEVICES=3"])
        let list = try AttendProgram.run(["backends", "--plugin", library])
        #expect(
            list.output.hasSuffix(
                """
                  --backend faulty:0  Bead (cpu): can't be used, it lost its beads
                  --backend faulty:1  Rod (gpu)
                  --backend faulty:2  device 2: can't be used, it failed: it returned no reason

                """), "\(list.output)")
    }

    @Test func `a plug-in's log steers no terminal`() throws {
        let folder = try PluginFolder()
        let source = "\(CCompiler.root)/Tests/PluginTests/Fixtures/faulty.c"
        let library = try folder.build(
            source, library: "libfaulty", name: "faulty", flags: [#"-DLOGGED="\033[2Jtwo\nlines\007""#])
        let list = try AttendProgram.run(["backends", "--plugin", library])
        #expect(list.errors.contains("faulty: \u{FFFD}[2Jtwo lines\u{FFFD}\n"), "\(list.errors)")
    }

    @Test(
        .tags(.slow), .unlessFast,
        .miniLM,
        arguments: [ExamplePlugin.minimal, .minimalSwift, .abacus])
    func `MiniLM on the plug-in gives the reference's embeddings`(plugin: ExamplePlugin) throws {
        let model = try #require(miniLMFolder)
        let library = try plugin.library()
        func embeddings(_ backend: String) throws -> [[Double]] {
            let run = try AttendProgram.run([
                "run", "--model", model, "--plugin", library, "--backend", backend, "--json", "a cat", "the tax form"
            ])
            #expect(run.code == 0, "\(run.errors)")
            let report = try JSONNode(JSONValue(parsing: run.output))
            #expect(try report.required("backend").string() == backend)
            return try report.required("embeddings").elements().map { try $0.elements().map { try $0.number() } }
        }
        let (found, expected) = (try embeddings(plugin.backend), try embeddings("reference"))
        try #require(found.map(\.count) == [384, 384])
        try #require(expected.count == 2)
        // As near as every backend's are held to sentence-transformers' own.
        for (row, goal) in zip(found, expected) { expectNear(row, goal, within: 2e-6) }
    }
}
