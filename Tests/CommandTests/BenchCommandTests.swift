import AttendRuntime
import Foundation
import TestSupport
import Testing

/// `attend bench`: what is measured, what is printed, and what is refused.
@Suite struct BenchCommandTests {
    @Test func `each shape is measured on each backend, with its flops and bytes`() throws {
        let outcome = try AttendProgram.run([
            "bench", "attention", "--backend", "simd,reference", "--shapes", "1,4,2,9,12,8,causal", "--shapes",
            "2,2,2,5,5,4", "--seconds", "0.001", "--json"
        ])
        #expect(outcome.code == 0, "\(outcome)")
        let json = try JSONNode(JSONValue(parsing: outcome.output))
        // The reference opens attention: it has no kernel for the whole.
        let results = try json.required("results").elements()
        #expect(try results.map { try $0.required("backend").string() } == ["simd", "simd"])
        #expect(outcome.errors.contains("skipped: 1,4,2,9,12,8,causal on reference: "))
        let first = try #require(results.first)
        #expect(try first.required("shape").string() == "1,4,2,9,12,8,causal")
        let minimum = try first.required("seconds").required("minimum").number()
        #expect(try first.required("seconds").required("runs").integer() >= 3)
        #expect(try first.required("seconds").required("median").number() >= minimum)
        #expect(try first.required("roofline_share").number() > 0)
        // Queries 0 to 8 stand at keys 3 to 11: 4 + … + 12 pairs, of 4 heads, 4 · 8 flops each.
        let flops = try first.required("gflops").number() * 1e9 * minimum
        #expect(abs(flops - 72 * 4 * 32) < 0.001 * flops)
    }

    @Test(arguments: [["matmul", "17,9,33"], ["linear", "3,20,7"], ["read", "70001"]])
    func `products are measured in every form of the table`(words: [String]) throws {
        let command = ["bench", words[0], "--shapes", words[1], "--seconds", "0.001"]
        let table = try AttendProgram.run(command)
        #expect(table.code == 0, "\(table)")
        #expect(table.output.contains("GFLOP/s") && table.output.contains(words[1]))
        let markdown = try AttendProgram.run(command + ["--markdown"])
        #expect(markdown.output.contains("| \(words[1]) | simd | float32 |"), "\(markdown)")
    }

    @Test func `a preset is measured as a whole, with the flops of its plan`() throws {
        let outcome = try AttendProgram.run([
            "bench", "model", "--shapes", "t5-small,2,3", "--backend", "simd", "--seconds", "0.001", "--json"
        ])
        #expect(outcome.code == 0, "\(outcome)")
        let results = try JSONNode(JSONValue(parsing: outcome.output)).required("results").elements()
        let result = try #require(results.first)
        #expect(try result.required("shape").string() == "t5-small,2,3")
        #expect(try result.required("kernel").string().hasSuffix(" kernels"))
        let seconds = try result.required("seconds").required("minimum").number()
        // Two multiplications and additions per token for nearly each of 60 million weights.
        let flops = try result.required("gflops").number() * 1e9 * seconds
        #expect((3e8...9e8).contains(flops), "\(flops)")
    }

    @Test(arguments: [
        (["model", "--shapes", "3,4"], "it has 2 sizes, not 3"),
        (["model", "--shapes", "gpt2,1,2000"], "gpt2 has positions for 1024"),
        (["model", "--shapes", "gpt2,1,8", "--dtype", "int32"], "there is no data type \"int32\""),
        (["attention", "--shapes", "1,2,3"], "it has 3 sizes, not 6"),
        (["attention", "--shapes", "1,3,2,4,4,8"], "no multiple of 2 key/value heads"),
        (["attention", "--shapes", "1,2,2,4,4,8,cuasal"], "\"cuasal\" is not known"),
        (["attention", "--shapes", "1,2,2,4,4,8,window=0"], "is not known"),
        (["matmul", "--shapes", "0,2,3"], "no size from 1"), (["read", "--shapes", "3,4"], "it has 2 sizes, not 1"),
        (["matmul", "--dtype", "int32"], "--dtype"),
        (["matmul", "--seconds", "0"], "--seconds"), (["matmul", "--threads", "0"], "--threads"),
        (["matmul", "--json", "--markdown"], "choose one"), (["matmull"], "did you mean \"matmul\"?")
    ])
    func `what can't be measured is refused`(words: [String], reason: String) throws {
        let outcome = try AttendProgram.run(["bench"] + words)
        #expect(outcome.code == 64, "\(outcome)")
        #expect(outcome.errors.contains(reason), "\(outcome)")
    }

    @Test func `a shape that memory can't hold is an error`() throws {
        for words in [["matmul", "400000,2,400000"], ["attention", "1,1024,1024,1,100000,1024"]] {
            let outcome = try AttendProgram.run(["bench", words[0], "--shapes", words[1]])
            #expect(outcome.code == 1 && !outcome.isSignal, "\(outcome)")
            #expect(outcome.errors.contains("out of memory") && outcome.errors.contains(words[1]), "\(outcome)")
        }
    }

    @Test func `a model that memory can't hold is an error`() throws {
        for shape in ["gpt3,1,1", "t5-small,16777216,512"] {
            let outcome = try AttendProgram.run(["bench", "model", "--shapes", shape])
            #expect(outcome.code == 1 && !outcome.isSignal, "\(outcome)")
            #expect(outcome.errors.contains("needs about") || outcome.errors.contains("out of memory"), "\(outcome)")
        }
    }

    @Test func `a backend without any of the kernels is an exit code of its own`() throws {
        let outcome = try AttendProgram.run([
            "bench", "attention", "--backend", "reference", "--shapes", "1,1,1,2,2,2", "--seconds", "0.001"
        ])
        #expect(outcome.code == 4, "\(outcome)")
    }
}
