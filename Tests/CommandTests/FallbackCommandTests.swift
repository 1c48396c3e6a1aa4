import AttendRuntime
import Foundation
import PluginSupport
import TestSupport
import Testing

/// `--fallback` as a user of the program meets it, with the plug-in that computes attention alone.
@Suite(.compilesC) struct FallbackCommandTests {
    /// One head of attention, and a norm after it.
    private static func files() throws -> PluginFolder {
        let folder = try PluginFolder()
        let builder = GraphBuilder("head")
        let x = try builder.input("x", .float32, [1, 5, 8])
        func weight(_ seed: Int) throws -> Value { try builder.constant(Tensor(uniform: [8, 8], seed: seed)) }
        let weights = AttentionWeights(
            query: try weight(1), key: try weight(2), value: try weight(3), output: try weight(4))
        let attended = try x.selfAttention(weights, heads: 2, options: .causal).output
        try builder.output("y", attended.softmax())
        try builder.build().write(to: "\(folder.path)/head.json")
        try SafetensorsFile.write(
            ["x": Tensor(uniform: [1, 5, 8], in: -1...1, seed: 5)], to: "\(folder.path)/in.safetensors")
        return folder
    }

    private static func run(_ folder: PluginFolder, _ options: [String]) throws -> AttendProgram.Outcome {
        try AttendProgram.run(
            ["eval", "\(folder.path)/head.json", "--inputs", "\(folder.path)/in.safetensors"]
                + ["--output", "\(folder.path)/out.safetensors", "--plugin", ExamplePlugin.fused.library()] + options)
    }

    @Test func `a backend with one kernel runs a graph together with another`() throws {
        let folder = try Self.files()
        let run = try Self.run(folder, ["--backend", "fused", "--fallback", "simd", "--json", "--placements"])
        #expect(run.code == 0, "\(run.errors)")
        let places = try JSONNode(JSONValue(parsing: run.output)).required("placements").elements()
        func text(_ place: JSONNode, _ key: String) throws -> String { try place.required(key).string() }
        let fused = try places.filter { try text($0, "backend") == "fused" && text($0, "operation") != "copy" }
        #expect(try fused.map { try text($0, "kernel") } == ["online softmax"])
        let norm = try #require(try places.first { try text($0, "operation") == "softmax.v1" })
        #expect(try text(norm, "backend") == "simd")
        #expect(
            try text(norm, "reason") == "softmax.v1 on fused: it supports only attention; falls back to simd")
        let copies = try places.filter { try text($0, "operation") == "copy" }
        #expect(copies.count == 4)
        for copy in copies {
            #expect(try text(copy, "source") != text(copy, "backend"))
            #expect(try copy.required("bytes").integer() == 160)
        }
        // And on stderr, a line each.
        #expect(run.errors.contains("falls back to simd"))
        #expect(run.errors.contains("online softmax"))
        // The same numbers as without.
        func output() throws -> [Float] {
            try SafetensorsFile("\(folder.path)/out.safetensors").tensor(named: "y").floats()
        }
        let found = try output()
        #expect(try Self.run(folder, ["--backend", "reference"]).code == 0)
        let expected = try output()
        #expect(found.count == 40)
        expectNear(found, expected, within: 1e-6)
    }

    @Test(.tags(.slow), .unlessFast)
    func `built-in backends divide a graph by cost, a plug-in has the first word unless costs are asked for`()
        throws
    {
        let folder = try Self.files()
        func run(_ options: [String]) throws -> AttendProgram.Outcome {
            try AttendProgram.run(
                ["eval", "\(folder.path)/head.json", "--inputs", "\(folder.path)/in.safetensors", "--print", "y"]
                    + options, environment: ["ATTEND_CACHE": "\(folder.path)/cache"])
        }
        let plain = try run(["--backend", "simd"])
        #expect(try run(["--backend", "simd", "--output", "\(folder.path)/plain.safetensors"]).code == 0)
        // The reference is slower at everything.
        let byCost = try run(["--backend", "reference", "--fallback", "simd", "--placements"])
        #expect(byCost.code == 0, "\(byCost.errors)")
        #expect(byCost.output == plain.output, "\(byCost.errors)")
        #expect(byCost.errors.contains("placement: by predicted time: nodes 0 on reference, "))
        #expect(byCost.errors.contains("lower predicted time on simd"))
        let named = try run(["--backend", "reference", "--fallback", "simd", "--placement", "named", "--placements"])
        #expect(named.code == 0)
        #expect(!named.errors.contains("by predicted time"))
        #expect(!named.errors.contains("lower predicted time"))
        let plugin = try ["--plugin", ExamplePlugin.fused.library(), "--backend", "fused", "--fallback", "simd"]
        #expect(try !run(plugin).errors.contains("by predicted time"))
        // A plug-in is weighed by what it can run.
        let weighed = try run(plugin + ["--placement", "cost", "--compare", "\(folder.path)/plain.safetensors"])
        #expect(weighed.code == 0, "\(weighed.errors)")
        #expect(weighed.errors.contains("by predicted time: nodes "), "\(weighed.errors)")
        #expect(weighed.errors.contains("fused does not support all of them"), "\(weighed.errors)")
        #expect(try run(["--placement", "cost"]).code == 64)
        #expect(try run(["--fallback", "simd", "--backend", "reference", "--placement", "best"]).code == 64)
    }

    @Test(arguments: [false, true]) func `a report names who ran, not who was asked`(isJSON: Bool) throws {
        let folder = try PluginFolder()
        let builder = GraphBuilder("rows")
        try builder.output("y", builder.input("x", .float32, [1, 5, 8]).softmax())
        try builder.build().write(to: "\(folder.path)/head.json")
        try SafetensorsFile.write(
            ["x": Tensor(uniform: [1, 5, 8], in: -1...1, seed: 5)], to: "\(folder.path)/in.safetensors")
        let run = try Self.run(
            folder, ["--backend", "fused", "--fallback", "simd"] + (isJSON ? ["--json"] : []))
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.errors.contains("note: fused ran no node: 1 kernels on simd"), "\(run.errors)")
        guard isJSON else { return #expect(!run.output.contains("fused")) }
        #expect(try JSONNode(JSONValue(parsing: run.output)).required("backend").string() == "simd")
    }

    @Test func `nothing falls back unasked, and nobody to itself`() throws {
        let folder = try Self.files()
        let alone = try Self.run(folder, ["--backend", "fused"])
        #expect(alone.code == 4)
        #expect(alone.errors.contains("fused can't run matmul.v1: it supports only attention"))
        let twice = try Self.run(folder, ["--backend", "fused", "--fallback", "fused"])
        #expect(twice.code == 64)
        #expect(twice.errors.contains("--fallback fused: fused is already named"))
        let unknown = try Self.run(folder, ["--backend", "fused", "--fallback", "cuda"])
        #expect(unknown.code == 4)
        #expect(unknown.errors.contains("\"cuda\""))
    }

    @Test(.miniLM)
    func `MiniLM with attention on the plug-in and the rest on simd`() throws {
        let model = try #require(miniLMFolder)
        func report(_ options: [String]) throws -> JSONNode {
            let run = try AttendProgram.run(
                ["run", "--model", model, "--plugin", ExamplePlugin.fused.library(), "--json", "a cat", "the tax form"]
                    + options)
            #expect(run.code == 0, "\(run.errors)")
            return try JSONNode(JSONValue(parsing: run.output))
        }
        let (mixed, plain) = (
            try report(["--backend", "fused", "--fallback", "simd"]), try report(["--backend", "simd"])
        )
        let kernels = try mixed.required("placements").required("kernels")
        #expect(try kernels.required("fused").integer() == 6)
        #expect(try mixed.required("placements").required("copies").integer() > 0)
        #expect(try plain.required("placements").required("copies").integer() == 0)
        func rows(_ report: JSONNode) throws -> [[Double]] {
            try report.required("embeddings").elements().map { try $0.elements().map { try $0.number() } }
        }
        let (found, expected) = (try rows(mixed), try rows(plain))
        try #require(found.map(\.count) == [384, 384])
        try #require(expected.count == 2)
        for (row, goal) in zip(found, expected) { expectNear(row, goal, within: 2e-6) }
    }
}
