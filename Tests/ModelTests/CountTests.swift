import AttendModels
import AttendRuntime
import TestSupport
import Testing

/// The counter against published totals and against arithmetic of the tests' own.
@Suite struct CountTests {
    /// Totals as the models' own pages and papers give them, where they count each number once.
    @Test(arguments: [
        ("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200),
        ("bert-base", 109_482_240), ("t5-small", 60_506_624),
        // The checkpoint's 37,760,640 less the encoder's 1,500 × 384 computed positions.
        ("whisper-tiny", 37_760_640 - 1500 * 384), ("llama-3-8b", 8_030_261_248),
        ("gpt3-attention-block", 4 * 12288 * 12288)
    ]) func `a preset's weights sum to what its authors published`(name: String, total: Int) throws {
        #expect(try count(name).total == total)
    }

    private static func model(_ name: String) throws -> CountableModel {
        let preset = try Preset.builtIn(name)
        return try CountableModel(#require(preset))
    }

    private func count(_ name: String) throws -> ParameterCount {
        let model = try Self.model(name)
        return ParameterCount(model.graph, declaredWeights: model.declaredWeights)
    }

    @Test func `GPT-3 has the film's numbers`() throws {
        let parameters = try count("gpt3")
        let (shape, blocks) = try #require(parameters.attentions.first)
        #expect(parameters.attentions.count == 1)
        #expect(blocks == 96)
        #expect(shape.kind == .selfAttention)
        #expect(shape.queryOfHead == [128, 12288])
        #expect(shape.valueUpOfHead == [12288, 128])
        #expect(shape.queryOfHead.reduce(1, *) == 1_572_864)
        #expect(shape.headParameterCount == 6_291_456)
        #expect(shape.blockParameterCount == 603_979_776)
        #expect(parameters.total(of: .attention) == 57_982_058_496)
        #expect(shape.squareValueMap.reduce(1, *) == 150_994_944)
        #expect(shape.squareValueMap.reduce(1, *) == 48 * shape.factoredValueMapCount)
        // Table D.1 of the paper: 174,600 million.
        #expect((parameters.total + 50_000_000) / 100_000_000 == 1746)
    }

    @Test func `roles follow from what reads a weight, not from its name`() throws {
        let parameters = try count("llama-3-8b")
        // Attention without the whole head: turned queries and keys are followed back to their matrices.
        let shape = try #require(parameters.attentions.first).shape
        #expect(shape.headCount == 32)
        #expect(shape.keyValueHeadCount == 8)
        #expect(shape.key == [1024, 4096])
        #expect(shape.blockParameterCount == 4096 * (4096 + 1024 + 1024 + 4096))
        #expect(parameters.total(of: .feedForward) == 32 * 3 * 14336 * 4096)
        #expect(parameters.total(of: .other) == 128_256 * 4096)
        #expect(parameters.total(of: .attentionBias) == 0)
        let whisper = try count("whisper-tiny")
        #expect(whisper.attentions.map(\.shape.kind) == [.selfAttention, .crossAttention])
        #expect(whisper.attentions.map(\.count) == [8, 4])
        #expect(whisper.total(of: .attentionBias) == 12 * 3 * 384)
        for parameters in [parameters, whisper] {
            let roles = ParameterCount.Role.allCases.reduce(0) { $0 + parameters.total(of: $1) }
            #expect(roles == parameters.total)
        }
    }

    @Test func `one matrix that holds queries, keys and values is counted once, and shared out by its rows`() throws {
        let builder = GraphBuilder("fused")
        let input = try builder.input("input", .float32, ["tokens", 6])
        let fused = try builder.constant(Tensor(zeros: [6, 4 + 2 + 2]), named: "fused")
        let output = try builder.constant(Tensor(zeros: [6, 4]), named: "output")
        let projected = try input.matmul(fused)
        func heads(_ from: Int, _ to: Int) throws -> Value {
            try projected.sliced(axis: 1, from: Size(from), to: Size(to))
                .reshaped([1, "tokens", Size((to - from) / 2), 2]).transposed([0, 2, 1, 3])
        }
        let attended = try heads(0, 4).attention(key: heads(4, 6), value: heads(6, 8)).output
        let merged = try attended.transposed([0, 2, 1, 3]).reshaped(["tokens", 4])
        try builder.output("delta", merged.linear(weight: output))
        let parameters = try ParameterCount(builder.build())
        let shape = try #require(parameters.attentions.first).shape
        #expect(shape.query == [4, 6])
        #expect(shape.key == [2, 6])
        #expect(shape.value == [2, 6])
        #expect(shape.output == [6, 4])
        #expect(parameters.total == 6 * 8 + 6 * 4)
        #expect(parameters.total(of: .attention) == parameters.total)
        #expect(shape.blockParameterCount == parameters.total)
    }

    /// Written with `fused_linear`, and with the operations that it stands for.
    @Test(arguments: ["gelu", "gelu_tanh", "relu", "silu", "tanh"])
    func `a fused product counts as its parts do`(activation: String) throws {
        func counted(isFused: Bool) throws -> (roles: [Int], flops: Double) {
            let builder = GraphBuilder("mlp")
            let input = try builder.input("input", .float32, ["tokens", 6])
            func weight(_ name: String, _ shape: [Int]) throws -> Value {
                try builder.constant(Tensor(zeros: shape), named: name)
            }
            let (up, bias, down) = (try weight("up", [10, 6]), try weight("bias", [10]), try weight("down", [6, 10]))
            let output: Value
            if isFused {
                let hidden = try builder.apply(
                    "fused_linear", inputs: ["input": input, "weight": up, "bias": bias],
                    attributes: ["activation": .string(activation)])[0]
                output = try builder.apply(
                    "fused_linear", inputs: ["input": hidden, "weight": down, "residual": input])[0]
            } else {
                let product = try input.linear(weight: up, bias: bias)
                let hidden =
                    switch activation {
                    case "gelu": try product.gelu()
                    case "gelu_tanh": try product.gelu(approximation: "tanh")
                    case "relu": try product.relu()
                    case "silu": try product.silu()
                    default: try product.tanh()
                    }
                output = try hidden.linear(weight: down) + input
            }
            try builder.output("output", output)
            let graph = try builder.build()
            let parameters = ParameterCount(graph)
            let cost = try ContextCost.of(CountableModel(graph, path: "mlp", fixedSymbols: [:]), tokens: 4)
            return (ParameterCount.Role.allCases.map { parameters.total(of: $0) }, cost.flops)
        }
        let (fused, parts) = (try counted(isFused: true), try counted(isFused: false))
        #expect(fused.roles == parts.roles)
        let products = 2.0 * 4 * 120
        #expect(fused.flops == products)
        #expect(fused.flops == parts.flops)
        let total = fused.roles.reduce(0, +)
        #expect(total == 130)
        // A tanh is no MLP's: BERT's pooler has it.
        let place = try #require(ParameterCount.Role.allCases.firstIndex(of: .feedForward))
        let isFeedForward = fused.roles[place] > 0
        #expect(isFeedForward == (activation != "tanh"))
    }

    @Test func `patterns, caches and flops as the context grows`() throws {
        let model = try Self.model("gpt3")
        let cost = try ContextCost.of(model, tokens: 2048)
        #expect(cost.patternCells == 4_194_304)
        #expect(cost.patternCount == 9_216)
        #expect(cost.allPatternCells * 4 == 144 << 30)
        #expect(cost.cachedNumbers == 96 * 2 * 2048 * 12288)
        // Every weight of a matrix once for each token, an attention's two products, and the unembedding.
        let matrices = 96.0 * 12 * 12288 * 12288 + 50257 * 12288
        #expect(cost.flops == 2 * 2048 * (matrices + 96 * 2 * 2048 * 12288))
        let half = try ContextCost.of(model, tokens: 1024)
        #expect(half.allPatternCells * 4 == cost.allPatternCells)
        #expect(half.cachedNumbers * 2 == cost.cachedNumbers)
        // The table of positions ends there.
        expectError(PlanError.self, saying: "2049") { try ContextCost.of(model, tokens: 2049) }
        let llama = try Self.model("llama-3-8b")
        #expect(try ContextCost.of(llama, tokens: 1000).cachedNumbers == 32 * 2 * 1000 * 8 * 128)
    }
}
