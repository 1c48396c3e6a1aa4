import AttendRuntime
import Foundation
import PluginSupport
import Testing

/// `attend parity` as a user meets it.
extension CommandLineTests {
    private static let subject = "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]"

    @Test func `parity runs one case by its name`() throws {
        let outcome = try AttendProgram.run(["parity", "--backend", "naive,simd", "--case", Self.subject])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty, "\(outcome.errors)")
        #expect(outcome.output.contains("reference passes: 1 case, "))
        #expect(outcome.output.contains("simd passes: 1 case, "))
    }

    @Test func `parity prints one JSON object with counts by operation and backend`() throws {
        let outcome = try AttendProgram.run([
            "parity", "--backend", "simd", "--backend", "reference", "--quick", "--operation", "softmax,add", "--json"
        ])
        #expect(outcome.code == 0)
        let report = try JSONNode(JSONValue(parsing: outcome.output))
        #expect(try report.required("version").integer() == 1)
        #expect(try report.required("passes").bool())
        let rows = try report.required("operations").elements()
        #expect(
            try rows.map { try $0.required("operation").string() + " " + $0.required("backend").string() } == [
                "softmax simd", "softmax reference", "add simd", "add reference"
            ])
        for row in rows {
            #expect(try row.required("passed").integer() > 5)
            #expect(try row.required("failed").integer() == 0)
            #expect(try row.required("worst_share").number() <= 1.000_001)
        }
    }

    @Test func `parity does not pass where nothing ran, and says why`() throws {
        let outcome = try AttendProgram.run([
            "parity", "--plugin", ExamplePlugin.minimal.library(), "--backend", "minimal", "--case",
            "add[lhs=9x130,rhs=9x130,dtype=float16,seed=61]"
        ])
        #expect(outcome.code == 4)
        #expect(outcome.output.contains("minimal does not pass: nothing ran; only float32, int32, int64 and bool"))
    }

    @Test func `a planted fault fails with exit code 3, and its replay fails again`() throws {
        let outcome = try AttendProgram.run([
            "parity", "--backend", "simd", "--fault", "attention-causal-ahead", "--case", Self.subject
        ])
        #expect(outcome.code == 3)
        #expect(outcome.output.contains("the oracle's"))
        let replay = "replay: attend parity --backend simd --fault attention-causal-ahead --case '\(Self.subject)'"
        #expect(outcome.output.contains(replay))
    }

    @Test func `the self-test lists its faults, scores them and refuses what it does not know`() throws {
        let list = try AttendProgram.run(["parity", "--self-test", "--list"])
        #expect(list.code == 0)
        #expect(list.output.split(separator: "\n").count >= 40)
        let score = try AttendProgram.run([
            "parity", "--self-test", "--quick", "--seeds", "2", "--seed", "12", "--fault", "silu-hard", "--json"
        ])
        #expect(score.code == 0)
        let row = try #require(try JSONNode(JSONValue(parsing: score.output)).required("faults").elements().first)
        #expect(try row.required("seeds_caught").integer() == 2)
        #expect(try row.required("caught").integer() > 0)
        #expect(try row.required("first").required("replay").string().contains("--fault silu-hard"))
        for wrong in [["--fault", "no-such"], ["--list"], ["--fault", "silu-hard", "--fault", "gelu-tanh"]] {
            #expect(try AttendProgram.run(["parity"] + wrong).code == 64)
        }
    }

    @Test func `the self-test of several backends is one list of scores`() throws {
        let outcome = try AttendProgram.run([
            "parity", "--self-test", "--quick", "--seeds", "1", "--fault", "silu-hard", "--json", "--backend",
            "reference,simd"
        ])
        let scores = try JSONNode(JSONValue(parsing: outcome.output)).elements()
        #expect(try scores.map { try $0.required("backend").string() } == ["reference", "simd"])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test(arguments: ["0", "1"]) func `a planted fault that never acted is told of`(jobs: String) throws {
        func run(_ fault: String, _ name: String) throws -> AttendProgram.Outcome {
            try AttendProgram.run([
                "parity", "--backend", "simd", "--fault", fault, "--case", name, "--jobs", jobs, "--no-shrink"
            ])
        }
        let calm = try run("silu-hard", "add[lhs=17,rhs=17,seed=2]")
        #expect(calm.code == 0)
        #expect(calm.errors == "attend: the planted fault silu-hard acted in 0 of 1 cases on simd\n")
        let acting = try run("exp-leaves-flushing", "exp[shape=17,seed=2]")
        #expect(acting.code == 3)
        #expect(acting.errors.contains("exp-leaves-flushing acted in 1 of 1 cases on simd"))
    }

    @Test(arguments: [
        ["--self-test", "--junit", "x.xml"], ["--self-test", "--html", "x.html"], ["--self-test", "--timeout", "3"],
        ["--self-test", "--shrink"], ["--every-case"], ["--self-test", "--every-case", "--mutants", "3"],
        ["--self-test", "--no-shrink"], ["--self-test", "--seeds", "0"],
        ["--self-test", "--fault", "matmul-hang", "--jobs", "0"], ["--self-test", "--list", "--json"],
        ["--jobs", "0", "--timeout", "3"], ["--junit", "-"], ["--html", "-"],
        ["--junit", "both.xml", "--html", "./both.xml"]
    ])
    func `parity refuses options that it would not heed`(options: [String]) throws {
        let outcome = try AttendProgram.run(["parity"] + options)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.output.isEmpty, "\(outcome.errors)")
        #expect(!outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test func `progress fits into the terminal, so that it can be taken away`() throws {
        let name = "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]"
        let text = try AttendProgram.runOnTerminal(
            ["parity", "--backend", "simd", "--case", name, "--jobs", "0"], columns: 30, isForErrors: true)
        let lines = text.components(separatedBy: "\r\u{1B}[K").filter { !$0.isEmpty }
        #expect(lines == ["1 of 1  attention[b=2,hq=6,hk"], "\(lines)")
    }

    @Test func `parity refuses what it does not know`() throws {
        let name = try AttendProgram.run(["parity", "--case", "attention[b=1,hq=2,hkv=2,l=1,s=1,d=1,cauzal]"])
        #expect(name.code == 64)
        #expect(name.errors.contains("no setting \"cauzal\""))
        #expect(try AttendProgram.run(["parity", "--operation", "convolve"]).code == 64)
        #expect(try AttendProgram.run(["parity", "--case", Self.subject, "--quick"]).code == 64)
        let backend = try AttendProgram.run(["parity", "--backend", "cuda", "--case", Self.subject])
        #expect(backend.code == 4)
        #expect(backend.output.isEmpty)
        #expect(backend.errors.contains("cuda"))
    }

    @Test func `parity leaves out what is not there, and says so, but not what was named`() throws {
        let missing = ["ATTEND_OPENBLAS": "/nowhere/libopenblas.so"]
        let all = try AttendProgram.run(["parity", "--case", Self.subject], environment: missing)
        #expect(all.code == 0)
        #expect(all.errors.contains("skipped: "))
        #expect(all.errors.contains("/nowhere/libopenblas.so"))
        #expect(!all.output.contains("openblas passes"))
        let named = try AttendProgram.run(
            ["parity", "--backend", "openblas", "--case", Self.subject], environment: missing)
        #expect(named.code == 4)
        #expect(named.output.isEmpty)
    }
}
