import AttendRuntime
import Foundation
import TestSupport
import Testing

/// A backend that dies or hangs under `attend parity`.
extension CommandLineTests {
    /// The first has an odd number of results, which is what the planted faults wait for.
    private static let subjects = [
        "matmul[m=17,k=33,n=65,seed=0]", "matmul[m=8,k=8,n=32,seed=1]", "add[lhs=9x130,rhs=9x130,seed=61]"
    ]

    private static func parity(_ arguments: [String], _ subjects: [String] = subjects) throws -> AttendProgram.Outcome {
        try AttendProgram.run(["parity"] + arguments + subjects.flatMap { ["--case", $0] })
    }

    @Test(
        .tags(.slow), .unlessFast,
        arguments: [
            ("matmul-killed", "died", "died of signal 9 (SIGKILL)"),
            ("matmul-segfault", "died", "died of signal 11 (SIGSEGV)"), ("matmul-trap", "died", "died of signal"),
            ("matmul-abort", "died", "died of signal 6 (SIGABRT)"),
            ("matmul-exit", "died", "exited with code 0"),
            ("matmul-hang", "timed_out", "was killed after 1.0 s")
        ])
    func `a backend that dies or hangs fails that case alone`(fault: String, kind: String, words: String) throws {
        let outcome = try Self.parity([
            "--backend", "simd,reference", "--fault", fault, "--jobs", "2", "--timeout", "1", "--json"
        ])
        #expect(outcome.code == 3, "\(outcome.errors)")
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        let rows = try report.required("operations").elements()
        let counts = try rows.map { row in
            try [row.required("passed").integer(), row.required("failed").integer(), row.required("not_run").integer()]
        }
        #expect(counts == [[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]])
        let failures = try report.required("failures").elements()
        #expect(failures.count == 2)
        for failure in failures {
            #expect(try failure.required("kind").string() == kind)
            let message = try failure.required("message").string()
            #expect(message.contains(words), "\(message)")
            #expect(message.contains("in kernel "), "\(message)")
            #expect(try failure.required("case").string() == Self.subjects[0])
            #expect(try failure.required("replay").string().contains("--fault \(fault) --case '\(Self.subjects[0])'"))
        }
    }

    @Test func `a write past the end is one failure in a worker too`() throws {
        let outcome = try Self.parity(["--backend", "simd", "--fault", "add-past-end", "--json"])
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        let failures = try report.required("failures").elements()
        #expect(outcome.code == 3)
        #expect(failures.count == 1)
        #expect(try failures.first?.required("kind").string() == "trespass")
    }

    @Test func `workers report what one process reports`() throws {
        let arguments = ["parity", "--backend", "simd,reference", "--quick", "--operation", "matmul,divide", "--json"]
        func counts(_ jobs: String) throws -> [[String]] {
            let outcome = try AttendProgram.run(arguments + ["--fault", "matmul-tf32", "--jobs", jobs])
            #expect(outcome.code == 3)
            let report = try JSONNode(JSONValue(parsing: outcome.output))
            return try report.required("operations").elements().map { row in
                try ["operation", "backend"].map { try row.required($0).string() }
                    + ["passed", "failed", "unsupported", "elements"].map { "\(try row.required($0).integer())" }
                    + ["\(try row.required("worst_share").number())"]
            } + report.required("failures").elements().map { [try $0.required("message").string()] }
        }
        let alone = try counts("0")
        #expect(alone.count > 6)
        #expect(try alone == counts("3"))
    }

    @Test func `a backend that can't be made is named, from a worker too`() throws {
        let outcome = try Self.parity(["--backend", "no-such", "--jobs", "2"])
        #expect(outcome.code == 4)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("\"no-such\""))
        let plugin = try Self.parity(["--plugin", "/nowhere/libnothing.so", "--backend", "simd"])
        #expect(plugin.code == 5)
        #expect(plugin.errors.contains("/nowhere/libnothing.so"))
        for wrong in [["--jobs", "-1"], ["--timeout", "0"]] {
            #expect(try AttendProgram.run(["parity"] + wrong).code == 64)
        }
    }

    @Test(.tags(.slow), .unlessFast) func `the self-test counts faults that end their process, each as one failure`()
        throws
    {
        let faults = ["matmul-abort", "matmul-exit", "plan-late-write"].flatMap { ["--fault", $0] }
        let outcome = try AttendProgram.run(["parity", "--self-test", "--seeds", "2", "--quick", "--json"] + faults)
        #expect(outcome.code == 0, "\(outcome.output)")
        let score = try JSONNode(JSONValue(parsing: outcome.output))
        let rows = try score.required("faults").elements()
        #expect(
            try rows.map { try $0.required("fault").string() } == ["plan-late-write", "matmul-abort", "matmul-exit"])
        for row in rows { #expect(try row.required("seeds_caught").integer() == 2) }
        for row in rows.dropFirst() {
            #expect(try row.required("acted").integer() == 4)
            #expect(try row.required("caught").integer() == 4)
        }
        // Without workers they can't be had.
        let alone = try AttendProgram.run(["parity", "--self-test", "--seeds", "1", "--quick", "--jobs", "0"] + faults)
        #expect(alone.code == 64)
        #expect(alone.errors.contains("--fault matmul-abort kills or hangs its process"))
    }
}
