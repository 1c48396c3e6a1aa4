import AttendRuntime
import Foundation
import TestSupport
import Testing

/// `attend parity --graph` and `--model`.
extension CommandLineTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let example = [
        "--graph", root.appending(path: "Examples/CrossAttention/translate.json").path,
        "--inputs", root.appending(path: "Examples/CrossAttention/sentence.json").path
    ]

    private static func parity(_ options: [String]) throws -> AttendProgram.Outcome {
        try AttendProgram.run(["parity"] + options)
    }

    @Test func `a graph file passes step by step on several backends`() throws {
        let outcome = try Self.parity(["--backend", "reference,simd"] + Self.example)
        #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
        for name in ["reference", "simd"] { #expect(outcome.output.contains("translate on \(name) passes: ")) }
        #expect(outcome.output.contains("same bits as node by node"))
    }

    @Test func `the first wrong node of a graph file is named, and the exit code is 3`() throws {
        let outcome = try Self.parity(
            ["--backend", "simd", "--fault", "attention-last-key-dropped", "--json"] + Self.example)
        #expect(outcome.code == 3)
        let report = try #require(try JSONNode(JSONValue(parsing: outcome.output)).elements().first)
        let first = try report.required("first_divergence")
        #expect(try first.required("operation").string() == "attention.v1")
        #expect(try !first.required("node").string().isEmpty)
        #expect(try first.required("first").required("bound").number() > 0)
        #expect(try report.required("wrong_steps").integer() == 1)
        #expect(try !report.required("passes").bool())
    }

    @Test func `what does not go together is refused`() throws {
        let graph = Array(Self.example.prefix(2))
        for wrong in [
            graph, graph + ["--model", "x", "text"], ["--model", "x"], ["text"], ["--inputs", "x"],
            Self.example + ["--quick"], Self.example + ["--case", "add[lhs=4,rhs=4,seed=1]"],
            Self.example + ["--junit", "x.xml"], Self.example + ["--self-test"]
        ] { #expect(try Self.parity(["--backend", "simd"] + wrong).code != 0, "\(wrong)") }
        #expect(try Self.parity(["--backend", "simd"] + Self.example + ["--quick"]).code == 64)
        for wrong in [["--seed", "2"], ["--timeout", "3"], ["--shrink"], ["--no-shrink"]] {
            let outcome = try Self.parity(["--backend", "simd"] + Self.example + wrong)
            #expect(outcome.code == 64, "\(outcome.errors)")
            #expect(outcome.errors.contains("\(wrong[0]) applies to cases"), "\(outcome.errors)")
        }
        let symbol = try Self.parity(["--backend", "simd"] + Self.example + ["--symbol", "nope=3"])
        #expect(symbol.code == 64)
        #expect(symbol.errors.contains("--symbol nope: the graph has no symbol of this name"))
        #expect(try Self.parity(["--backend", "simd", "--graph", "/nowhere.json"]).code == 5)
    }

    @Test(.tags(.slow), .unlessFast, .miniLM)
    func `MiniLM passes step by step`() throws {
        let outcome = try Self.parity([
            "--backend", "simd", "--model", try #require(miniLMFolder), "take a biopsy of the mole"
        ])
        #expect(outcome.code == 0, "\(outcome.output)")
        #expect(outcome.output.contains("bert on simd passes: "), "\(outcome.output)")
    }
}
