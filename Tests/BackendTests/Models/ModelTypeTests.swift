import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// The type that a model computes in.
@Suite struct ModelTypeTests {
    private static let narrow: [DType] = [.float16, .bfloat16]

    private static func variant(_ name: String) throws -> VariantCase {
        try #require(VariantCase.all.first { $0.name == name }, "\(name)")
    }

    /// Half the distance from 1 to the next number.
    private static func unit(_ dtype: DType) -> Float { dtype == .float16 ? 0x1p-11 : 0x1p-8 }

    // MARK: Numbers

    /// A hidden state passes about a dozen roundings a layer, of two layers, each of half a unit of its size; sizes of
    /// summands are up to a few times those of the sums. A missing scale or a wrong weight is off by more.
    @Test(arguments: ["plain", "BERT", "Llama", "Gemma 2", "Qwen3", "ModernBERT", "T5", "BART", "Marian", "Whisper"])
    func `outputs are near those of transformers, in the model's type`(name: String) throws {
        let test = try Self.variant(name)
        let folder = try test.folder()
        for dtype in Self.narrow {
            let model = try LoadedModel(folder: folder.path, dtype: dtype)
            #expect(model.dtype == dtype)
            let outputs = model.outputs.subtracting([.meanPooled, .sentenceEmbedding])
            let graph = try model.graph(outputs)
            let found = try graph.run(model.inputs(test.inputs, of: graph), on: backend("simd"))
            for (name, goal) in test.outputs {
                let tensor = try #require(found[name], "\(name)")
                #expect(tensor.dtype == dtype, "\(name)")
                let expected = try goal.floats()
                let largest = expected.reduce(0) { max($0, $1.magnitude) }
                try expectNear(
                    tensor.floats(), expected, within: 40 * Self.unit(dtype) * largest,
                    "\(test.name), \(dtype), \(name)")
            }
        }
    }

    @Test func `embeddings and scores are float32, and of length 1`() throws {
        let folder = try TinyModel()
        for dtype in Self.narrow {
            let encoder = try SentenceModel(folder: folder.path, dtype: dtype)
            let session = try Program(encoder.graph, on: backend("simd")).makeSession()
            let found = try encoder.embeddings(["the cat sat", "a mole"], session: session)
            #expect(found.dtype == .float32)
            let type = try #require(encoder.graph.outputs.first { $0.name == "sentence_embedding" })
            #expect(encoder.graph.type(of: type.value).dtype == .float32)
            let plain = try SentenceModel(folder: folder.path)
            let goal = try plain.embeddings(
                ["the cat sat", "a mole"], session: Program(plain.graph, on: backend("simd")).makeSession())
            #expect(found != goal)
            for (row, expected) in zip(try found.rows(), try goal.rows()) {
                #expect(Self.cosine(row, expected) > 1 - Double(16 * Self.unit(dtype)))
            }
        }
        let cross = try #require(CrossCase.all.first)
        let crossFolder = try cross.folder()
        let ranker = try CrossEncoder(folder: crossFolder.path, dtype: .bfloat16)
        let scores = try ranker.scores(
            cross.query, cross.texts, session: Program(ranker.graph, on: backend("simd")).makeSession())
        expectNear(scores.map(Double.init), cross.scores, within: 0.1)
        let score = try #require(ranker.graph.outputs.first)
        #expect(ranker.graph.type(of: score.value).dtype == .float32)
    }

    /// Every pooling and module is in the case's folders; pooling is in float32, whatever the states are in.
    @Test func `modules after the transformer compute in its type`() throws {
        let test = try #require(ModelCase.all.first { $0.weights.keys.contains { $0.contains("Dense") } })
        let folder = try test.folder()
        let encoder = try SentenceModel(folder: folder.path, dtype: .bfloat16)
        let constants = encoder.graph.constants.filter { $0.name.hasPrefix("modules/") }
        #expect(!constants.isEmpty)
        #expect(constants.allSatisfy { $0.content.dtype == .bfloat16 })
        let session = try Program(encoder.graph, on: backend("simd")).makeSession()
        let found = try encoder.embeddings(test.texts, prompt: test.prompt, session: session)
        for (row, goal) in zip(try found.rows(), test.embeddings) {
            #expect(Self.cosine(row, goal.map { Float($0) }) > 0.99)
        }
    }

    private static func cosine(_ left: [Float], _ right: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }

    @Test(.miniLM, arguments: narrow) func `MiniLM's embeddings keep their direction`(dtype: DType) throws {
        let folder = try #require(miniLMFolder)
        let place = "\(Bundle.module.resourcePath ?? ".")/Fixtures/minilm/sentences.json"
        let texts = try JSONNode(JSONValue(parsing: InputFile.contents(of: place))).required("sentences").elements().map
        {
            try $0.required("text").string()
        }
        #expect(texts.count == 24)
        func rows(_ dtype: DType) throws -> [[Float]] {
            let encoder = try SentenceModel(folder: folder, dtype: dtype)
            return try encoder.embeddings(texts, session: Program(encoder.graph, on: backend("simd")).makeSession())
                .rows()
        }
        for (index, (row, goal)) in zip(try rows(dtype), try rows(.float32)).enumerated() {
            #expect(row != goal)
            #expect(Self.cosine(row, goal) >= 0.999, "\(texts[index].prefix(40)): \(Self.cosine(row, goal))")
        }
    }

    // MARK: Weights

    /// Fused and transposed, a part of a tensor, and a table.
    @Test(arguments: ["plain", "ModernBERT", "Whisper"])
    func `weights that are stored in the model's type keep their bits`(name: String) throws {
        let test = try Self.variant(name)
        for (stored, dtype) in [("BF16", DType.bfloat16), ("F16", .float16)] {
            let folder = try test.folder()
            var weights = test.weights
            weights.dtype = stored
            try folder.write(weights, "model.safetensors")
            let outputs: Set<ModelOutput> = [.lastHiddenState]
            let narrow = try LoadedModel(folder: folder.path, dtype: dtype).graph(outputs)
            let wide = try LoadedModel(folder: folder.path).graph(outputs)
            let names = narrow.constants.map(\.name).filter { $0.contains("weight") }
            #expect(names.count > 10)
            for name in names {
                let (mine, other) = (
                    try #require(narrow.constants.first { $0.name == name }).content,
                    try #require(wide.constants.first { $0.name == name }).content
                )
                #expect(mine.dtype == dtype)
                #expect(try mine.tensor() == other.tensor().rounded(to: dtype), "\(name)")
                #expect(try mine.tensor().floats() == other.tensor().floats(), "\(name)")
            }
        }
    }

    /// A plan's bytes of weights beside those counted from shapes alone. Other constants are scalars and frequencies.
    @Test(arguments: ["BERT", "Llama", "plain", "Qwen3"])
    func `a plan has as many bytes of weights as counted`(name: String) throws {
        let test = try Self.variant(name)
        let folder = try test.folder()
        for dtype in [DType.float32] + Self.narrow {
            let model = try LoadedModel(folder: folder.path, dtype: dtype)
            let counted = try CountableModel(folder: folder.path, dtype: dtype)
            let graph = try model.graph(model.outputs.intersection([.lastHiddenState, .poolerOutput, .logits]))
            let program = Program(graph, on: try backend("simd"), optimizer: .none)
            let memory = try program.makeSession().plan(for: model.inputs(test.inputs, of: graph)).memory
            let bytes = ParameterCount(counted.graph, declaredWeights: counted.declaredWeights).total * dtype.byteCount
            #expect((bytes..<(bytes + 400)).contains(memory.weightByteCount), "\(dtype): \(memory), \(bytes)")
        }
    }

    /// Tables, norms and biases are in the type; matrices of products are packed as float32. Each buffer is aligned, by at
    /// most 512 bytes; there are about 40.
    @Test(.backend("opencl"), arguments: [DType.float32] + narrow)
    func `a device holds as many bytes of weights as counted`(dtype: DType) throws {
        var configuration = TransformerConfiguration(modelDimension: 64, vocabularySize: 4000)
        configuration.encoder = .init(
            layerCount: 2, headCount: 4, headDimension: 16, feedForwardDimension: 128, positions: .learned,
            positionCount: 100)
        func graph(_ weights: WeightSource) throws -> Graph {
            try Transformer(configuration, dtype: dtype, weights: weights).graph()
        }
        let declared = try graph(.declared)
        let names = Set(declared.inputs.map { declared.values[$0].name }).subtracting(Transformer.inputNames)
        let count = ParameterCount(declared, declaredWeights: names)
        let packed = count.total(of: .attention) + count.total(of: .feedForward)
        let bytes = count.total * dtype.byteCount
        let most = bytes + packed * (4 - dtype.byteCount) + 40 * 512
        let program = Program(try graph(.random(seed: 1)), on: try backend("opencl"))
        let ids = try Tensor([1, 2, 3] as [Int64], shape: [1, 3])
        _ = try program.makeSession().run(["tokens": ids])
        #expect((bytes..<most).contains(program.weightByteCount), "\(program.weightByteCount), \(bytes), \(most)")
        #expect(bytes > 500_000)
    }

    @Test func `projections in 16 bits are merged as those in float32 are`() throws {
        let test = try Self.variant("BERT")
        let folder = try test.folder()
        func counts(_ dtype: DType) throws -> Int {
            let graph = try LoadedModel(folder: folder.path, dtype: dtype).graph([.lastHiddenState])
            let optimized = try Program(graph, on: backend("simd")).optimizedGraph(for: ["batch": 1, "tokens": 4])
            return optimized.nodes.count { [.linear, .fusedLinear].contains($0.operation.id) }
        }
        #expect(try counts(.bfloat16) == counts(.float32))
    }

    // MARK: Refusals

    /// Small weights are read with the graph; large ones by the first run.
    @Test(arguments: ["encoder.layer.0.output.dense.bias", "embeddings.word_embeddings.weight"])
    func `a weight beyond float16 is named, with the type to use`(name: String) throws {
        let test = try Self.variant("BERT")
        let folder = try test.folder()
        var weights = test.weights
        let place = try #require(weights.entries.firstIndex { $0.name.hasSuffix(name) }, "\(weights.entries)")
        weights.entries[place].numbers = [1, 70000]
        try folder.write(weights, "model.safetensors")
        func run(_ dtype: DType) throws {
            let model = try LoadedModel(folder: folder.path, dtype: dtype)
            let graph = try model.graph([.lastHiddenState])
            _ = try graph.run(model.inputs(test.inputs, of: graph), on: backend("simd"))
        }
        expectError(SafetensorsError.self, saying: weights.entries[place].name, "70000", "use bfloat16") {
            try run(.float16)
        }
        #expect(throws: Never.self) { try run(.bfloat16) }
        let check = try WeightCheck(LoadedModel(folder: folder.path, dtype: .float16).weightFiles, dtype: .float16)
        #expect(check.findings.map(\.overflowCount) == [1])
        #expect(check.findings.map(\.infiniteCount) == [0])
        #expect(try WeightCheck(LoadedModel(folder: folder.path).weightFiles, dtype: .bfloat16).findings.isEmpty)
    }

    @Test func `a large weight beyond float16 is an error of the first run`() throws {
        let preset = try #require(try Preset.builtIn("t5-small"))
        let graph = try preset.graph(
            dtype: .float16,
            weights: .constants { name, shape in
                .deferred(
                    try DeferredTensor(name, .float32, shape) {
                        var values = [Float](repeating: 0, count: shape.reduce(1, *))
                        values[values.count - 1] = 1e6
                        return try Tensor(values, shape: shape)
                    })
            })
        #expect(graph.constants.filter { $0.name.contains("weight") }.allSatisfy { $0.content.dtype == .float16 })
        let ids = try Tensor([1, 2] as [Int64], shape: [1, 2])
        expectError(RunError.self, saying: "can't read the constant", "1000000.0", "float16", "use bfloat16") {
            try graph.run(["tokens": ids, "source": ids], on: backend("reference"))
        }
    }

    @Test func `a model does not compute in integers`() throws {
        let folder = try Self.variant("BERT").folder()
        expectError(ModelError.self, saying: "float32, float16 or bfloat16", "int32") {
            try LoadedModel(folder: folder.path, dtype: .int32)
        }
        expectError(ModelError.self, saying: "float32, float16 or bfloat16", "bool") {
            try #require(try Preset.builtIn("gpt2")).graph(dtype: .bool, weights: .declared)
        }
    }

    @Test func `the type in config.json does not decide`() throws {
        let folder = try Self.variant("BERT").folder()
        try folder.edit("config.json", ["torch_dtype": .string("bfloat16"), "dtype": .string("float16")])
        let graph = try LoadedModel(folder: folder.path).graph([.lastHiddenState])
        #expect(graph.outputs.allSatisfy { graph.type(of: $0.value).dtype == .float32 })
    }
}
