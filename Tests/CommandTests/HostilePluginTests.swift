import AttendParity
import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// Plug-ins that crash, hang, lie and leave: what becomes of the program, and of the user's files.
@Suite(.compilesC) struct HostilePluginTests {
    /// How a plug-in's cases fail, and what is said.
    struct Failing: Sendable, CustomTestStringConvertible {
        let plugin: HostilePlugin
        let kind: String
        let words: String
        /// Whether it refuses cases of `add` as an honest one would: narrow types and integers.
        var refuses = true

        var testDescription: String { plugin.rawValue }
    }

    /// The number of quick cases of an operation.
    private static func count(_ operation: String) -> Int {
        CaseCatalog.cases(of: operation, CaseSelection(isQuick: true)).count
    }

    private static func parity(_ plugin: HostilePlugin, _ options: [String] = []) throws -> AttendProgram.Outcome {
        try AttendProgram.run(
            ["parity", "--plugin", plugin.library(), "--backend", plugin.rawValue, "--threads", "1", "--timeout", "1"]
                + ["--jobs", "2", "--quick", "--operation", "add,exp", "--no-shrink"] + options)
    }

    private static func expect(_ failing: Failing) throws {
        let run = try parity(failing.plugin, ["--json"])
        #expect(run.code == 3, "\(run.errors)")
        #expect(!run.isSignal, "\(run.errors)")
        let report = try JSONNode(JSONValue(parsing: run.output))
        let rows = try report.required("operations").elements().map { row in
            try ["passed", "failed", "unsupported", "not_run"].map { try row.required($0).integer() }
        }
        // Through to the end: all of what it has a kernel for failed, the rest was refused, and all was run.
        let failures = try report.required("failures").elements()
        let count = Self.count("add")
        try #require(rows.count == 2)
        #expect(rows[0] == [0, failures.count, count - failures.count, 0])
        #expect(failing.refuses ? failures.count > 5 && failures.count < count : failures.count == count)
        #expect(rows[1] == [0, 0, Self.count("exp"), 0])
        for failure in failures {
            #expect(try failure.required("kind").string() == failing.kind)
            let message = try failure.required("message").string()
            #expect(message.contains(failing.words), "\(message)")
        }
    }

    @Test(
        .tags(.slow), .unlessFast,
        arguments: [
            Failing(
                plugin: .crashInPrepare, kind: "died",
                words: "died of signal 11 (SIGSEGV), in kernel add.v1, being prepared",
                refuses: false),
            Failing(plugin: .neverReturns, kind: "timed_out", words: "was killed after 1.0 s, in kernel add"),
            Failing(plugin: .negativeSizes, kind: "error", words: "node \"add_1\": negative_sizes: "),
            Failing(plugin: .writesNothing, kind: "wrong", words: "output: element ["),
            Failing(plugin: .writesBeyond, kind: "trespass", words: "past the end of buffer"),
            Failing(plugin: .leaves, kind: "died", words: "exited with code 0, in kernel add")
        ])
    func `parity isolates it, and goes on to the end`(failing: Failing) throws { try Self.expect(failing) }

    @Test func `parity takes an error without a reason for no refusal`() throws {
        let run = try Self.parity(.nullMessage, ["--json"])
        #expect(run.code == 3, "\(run.errors)")
        #expect(!run.isSignal, "\(run.errors)")
        let report = try JSONNode(JSONValue(parsing: run.output))
        let rows = try report.required("operations").elements().map { row in
            try ["passed", "failed", "unsupported", "not_run"].map { try row.required($0).integer() }
        }
        #expect(rows == [[0, Self.count("add"), 0, 0], [0, Self.count("exp"), 0, 0]])
        for failure in try report.required("failures").elements() {
            let (kind, message) = (try failure.required("kind").string(), try failure.required("message").string())
            #expect(["error", "false_refusal"].contains(kind), "\(message)")
            #expect(message.contains("it returned no reason"), "\(message)")
        }
    }

    @Test(.compilesCxx)
    func `parity isolates an exception of C++, and repeats what it said`() throws {
        try Self.expect(
            Failing(
                plugin: .throws, kind: "died",
                words: "died of signal 6 (SIGABRT), in kernel add; its last output: terminate called after throwing"))
    }

    @Test(arguments: [
        (HostilePlugin.tableSize, "its table is 8 bytes long, expected 184 to 65536"),
        (.negativeElement, "its element_size() of float32: expected 1 to 64 bytes, found -4")
    ])
    func `where there is no backend at all, parity and eval say why`(plugin: HostilePlugin, words: String) throws {
        for run in [try Self.parity(plugin), try Work().run(plugin)] {
            #expect(run.code == 4, "\(run.errors)")
            #expect(!run.isSignal, "\(run.errors)")
            #expect(run.errors.contains(words), "\(run.errors)")
        }
    }

    @Test func `two of one name are an error that names both`() throws {
        let folder = try PluginFolder()
        try HostilePlugin.nullMessage.build(in: folder)
        let other = ["--plugin", "\(folder.path)/libnull_message.so"]
        for run in [try Self.parity(.nullMessage, other), try Work().run(.nullMessage, other)] {
            #expect(run.code == 4, "\(run.errors)")
            #expect(!run.isSignal, "\(run.errors)")
            #expect(try run.errors.contains(HostilePlugin.nullMessage.library()))
            #expect(run.errors.contains(folder.path))
        }
    }

    // MARK: In the program itself

    /// A sum to compute, and a result of before, which must not suffer.
    private struct Work {
        let folder: PluginFolder
        private static let graph = """
            {"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "outputs": {"sum": "s"},
             "nodes": [{"name": "s", "op": "add", "inputs": {"lhs": "x", "rhs": "x"}}]}
            """

        init() throws {
            folder = try PluginFolder()
            try folder.write(Self.graph, to: "g.json")
            try SafetensorsFile.write(
                ["x": Tensor([1, 2, 3] as [Float], shape: [3])], to: "\(folder.path)/in.safetensors")
            try folder.write("of before", to: "out.safetensors")
        }

        func run(
            _ plugin: HostilePlugin, _ options: [String] = [], endedAfter seconds: Double? = nil
        ) throws -> AttendProgram.Outcome {
            let run = try AttendProgram.run(
                ["eval", "\(folder.path)/g.json", "--inputs", "\(folder.path)/in.safetensors"]
                    + ["--output", "\(folder.path)/out.safetensors", "--threads", "1"]
                    + ["--plugin", plugin.library(), "--backend", plugin.rawValue] + options,
                environment: ["SWIFT_BACKTRACE": "enable=no"], endedAfter: seconds)
            #expect(
                try String(contentsOfFile: "\(folder.path)/out.safetensors", encoding: .utf8) == "of before",
                "the user's file was touched")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(names == ["g.json", "in.safetensors", "out.safetensors"])
            return run
        }
    }

    @Test(arguments: [
        (HostilePlugin.nullMessage, "node \"s\": null_message: can't run add: it returned no reason"),
        (.negativeSizes, "negative_sizes: add: index -9223372036854775808 is out of range for an axis of size -3")
    ])
    func `what can be survived is an error`(plugin: HostilePlugin, words: String) throws {
        let run = try Work().run(plugin)
        #expect(run.code == 1, "\(run.errors)")
        #expect(!run.isSignal, "\(run.errors)")
        #expect(run.errors.contains(words), "\(run.errors)")
    }

    @Test func `a crash ends the program, which names the plug-in`() throws {
        let run = try Work().run(.crashInPrepare)
        #expect(run.code == SIGSEGV, "\(run)")
        #expect(run.isSignal, "\(run)")
        let library = try HostilePlugin.crashInPrepare.library()
        #expect(
            run.errors.contains("attend: error: ended by signal 11 with the plug-in \(library) loaded"), "\(run.errors)"
        )
    }

    @Test(.compilesCxx)
    func `an exception of C++ ends the program, which names the plug-in`() throws {
        let run = try Work().run(.throws)
        #expect(run.code == SIGABRT, "\(run)")
        #expect(run.isSignal, "\(run)")
        #expect(run.errors.contains("nobody catches this"))
        #expect(run.errors.contains("attend: error: ended by signal 6"))
    }

    @Test func `one that leaves as if all were well is a failure`() throws {
        let run = try Work().run(.leaves)
        #expect(run.code == 1, "\(run)")
        #expect(!run.isSignal, "\(run)")
        #expect(run.output.isEmpty, "\(run)")
        #expect(run.errors.contains("attend: error: exit was called before the end of the command, with the plug-in"))
    }

    @Test(.tags(.slow), .unlessFast) func `a run that never returns can be ended from outside`() throws {
        let run = try Work().run(.neverReturns, endedAfter: 3)
        #expect(run.code == SIGTERM, "\(run)")
        #expect(run.isSignal, "\(run)")
        #expect(run.output.isEmpty, "\(run)")
    }
}
