import AttendModels
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// The graphs that presets describe, at sizes that run at once.
@Suite struct TransformerTests {
    private static func small(_ name: String) throws -> TransformerConfiguration {
        let preset = try Preset.builtIn(name)
        var configuration = try #require(preset).configuration
        configuration.modelDimension = 24
        if configuration.vocabularySize != nil { configuration.vocabularySize = 11 }
        if configuration.audio != nil { configuration.audio = .init(binCount: 5, positionCount: 6) }
        func shrink(_ stack: TransformerConfiguration.Stack?) -> TransformerConfiguration.Stack? {
            guard var stack else { return nil }
            stack.layerCount = min(2, stack.layerCount)
            stack.keyValueHeadCount = stack.keyValueHeadCount < stack.headCount ? 2 : 4
            (stack.headCount, stack.headDimension) = (4, 6)
            if stack.feedForwardDimension != nil { stack.feedForwardDimension = 20 }
            return stack
        }
        configuration.encoder = shrink(configuration.encoder)
        configuration.decoder = shrink(configuration.decoder)
        return configuration
    }

    private static func inputs(of graph: Graph) throws -> [String: Tensor] {
        var numbers = SeededNumbers(7)
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs {
            let type = try graph.type(of: id).bound(to: ["batch": 2, "tokens": 5, "source": 4])
            let shape = try #require(type.concreteShape)
            let name = graph.values[id].name
            inputs[name] =
                type.dtype == .int64
                ? numbers.integers(shape, 0..<(name == "token_types" ? 2 : 11)) : numbers.tensor(shape)
        }
        return inputs
    }

    @Test(arguments: ["gpt2", "gpt3-attention-block", "bert-base", "t5-small", "whisper-tiny", "llama-3-8b"])
    func `what a preset describes runs, and fast kernels agree with the naive ones`(name: String) throws {
        let graph = try Transformer(Self.small(name), weights: .random(seed: 3)).graph()
        let inputs = try Self.inputs(of: graph)
        let naive = try graph.run(inputs, on: backend("reference"))
        let fast = try graph.run(inputs, on: backend("simd"))
        #expect(naive["hidden"]?.shape == [2, 5, 24])
        for (output, tensor) in naive {
            let numbers = try tensor.floats()
            #expect(numbers.allSatisfy { $0.isFinite }, "\(output)")
            #expect(Set(numbers).count > 5, "\(output)")
            // Some hundred roundings deep.
            try expectEqual(#require(fast[output]), tensor, roundings: 200, "\(name) \(output)")
        }
    }

    @Test func `a later token changes nothing before it in a decoder, and everything in an encoder`() throws {
        for (name, isCausal) in [("gpt2", true), ("llama-3-8b", true), ("bert-base", false)] {
            let graph = try Transformer(Self.small(name), weights: .random(seed: 4)).graph()
            var inputs = try Self.inputs(of: graph)
            func hidden() throws -> [[Float]] {
                try #require(graph.run(inputs, on: backend("reference"))["hidden"]).rows()
            }
            inputs["tokens"] = try Tensor([1, 2, 3, 4, 5, 1, 2, 3, 4, 5] as [Int64], shape: [2, 5])
            let before = try hidden()
            inputs["tokens"] = try Tensor([1, 2, 3, 4, 9, 1, 2, 3, 4, 5] as [Int64], shape: [2, 5])
            let after = try hidden()
            #expect((before[0] == after[0]) == isCausal, "\(name)")
            #expect(before[4] != after[4], "\(name)")
            #expect(before[9] == after[9], "\(name)")
        }
    }

    /// `_relative_position_bucket` of T5's own code, written out for numbers.
    private static func bucket(_ distance: Int, buckets: Int, isCausal: Bool) -> Int {
        var (bucket, buckets, far) = (0, buckets, -min(distance, 0))
        if !isCausal {
            buckets /= 2
            bucket = distance > 0 ? buckets : 0
            far = abs(distance)
        }
        let exact = buckets / 2
        if far < exact { return bucket + far }
        let grown = log(Double(far) / Double(exact)) / log(128 / Double(exact)) * Double(buckets - exact)
        return bucket + min(exact + Int(grown + 1e-6), buckets - 1)
    }

    @Test(arguments: [true, false]) func `relative positions fall into T5's buckets`(isCausal: Bool) throws {
        let builder = GraphBuilder("relative")
        // A head's bias is the bucket's number itself.
        let table = try builder.constant(Tensor((0..<32).map { Float($0) }, shape: [32, 1]))
        try builder.output("bias", RelativePositions.bias(table: table, tokens: 150, isCausal: isCausal))
        let result = try builder.build().run([:], on: backend("reference"))
        let rows = try #require(result["bias"]).rows()
        #expect(rows.map(\.count) == Array(repeating: 150, count: 150))
        for (query, row) in rows.enumerated() {
            for (key, found) in row.enumerated() {
                let expected = Self.bucket(key - query, buckets: 32, isCausal: isCausal)
                #expect(found == Float(expected), "query \(query), key \(key)")
            }
        }
    }
}
