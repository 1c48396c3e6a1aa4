import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import OpenBLASBackend
import TestSupport
import Testing

private let fixtures = "\(Bundle.module.resourcePath ?? ".")/Fixtures"

/// Whole models against results of Hugging Face transformers, computed in float64.
enum ModelTests {
    private static let cases = [
        "bert/masked-lm", "bert/minilm-tiny", "bert/two-segments", "gpt2/tiny", "gpt2/left-padded-original-names",
        "llama/tied-gqa", "llama/untied-mqa-left-padded", "llama/llama3-rope-scaling", "llama/bf16-two-shards",
        "qwen3/tied", "qwen3/untied-left-padded", "t5/relu", "t5/gated-gelu", "marian/tiny", "marian/forced-eos",
        "bart/tiny", "bart/forced-bos-eos", "whisper/tiny", "whisper/suppress-tokens"
    ]

    private struct Expectation: Decodable { var suggestedAbsoluteTolerance: [String: Double] }

    static func inputs(_ folder: String) throws -> [String: Tensor] {
        let file = try SafetensorsFile("\(folder)/inputs.safetensors")
        var inputs: [String: Tensor] = [:]
        for entry in file.entries { inputs[entry.name] = try file.tensor(named: entry.name) }
        return inputs
    }

    private struct Sentences: Decodable {
        struct Sentence: Decodable {
            var text: String
            var ids: [Int]
        }
        var sentences: [Sentence]
    }

    @BackendChecks static var checks: [BackendCheck] {
        crosses
        families
        [masks]
        BackendCheck.each("a model with random weights", cases) { backend, name in
            let folder = "\(fixtures)/\(name)"
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/expected.json"))
            let tolerances = try snakeCase.decode(Expectation.self, from: data).suggestedAbsoluteTolerance
            let expected = try SafetensorsFile("\(folder)/expected.safetensors")
            let (model, given) = (try LoadedModel(folder: folder), try inputs(folder))
            let graph = try model.graph(
                model.outputs, positions: given["position_ids"] == nil ? .counted : .given)
            let found = try graph.run(model.inputs(given, of: graph), on: backend)
            // Every output that the peer listed, under its own name.
            let entries = expected.entries.filter { !$0.name.hasPrefix("generation") }
            for entry in entries {
                let key = entry.name.replacingOccurrences(of: ".", with: "_")
                let bound = Float(try #require(tolerances[String(entry.name.split(separator: ".")[0])]))
                let (value, goal) = (try #require(found[key], "\(entry.name)"), try expected.tensor(named: entry.name))
                // An encoder's padding on the right sees real keys.
                let isDecoder = model.configuration.decoder != nil && !model.configuration.hasTwoStacks
                try expectNear(
                    realRows(value, isDecoder ? given["attention_mask"] : nil),
                    realRows(goal, isDecoder ? given["attention_mask"] : nil), within: bound, "\(name) \(entry.name)")
            }
            #expect(found.count == entries.count)
        }
        BackendCheck.each("a model's settings", VariantCase.all) { backend, test in
            let folder = try test.folder()
            defer { withExtendedLifetime(folder) {} }
            let model = try LoadedModel(folder: folder.path)
            #expect(model.outputs.contains(.logits) == test.hasLogits)
            let graph = try model.graph(
                model.outputs.subtracting([.poolerOutput, .meanPooled, .sentenceEmbedding]),
                positions: test.inputs["position_ids"] == nil ? .counted : .given)
            let found = try graph.run(model.inputs(test.inputs, of: graph), on: backend)
            #expect(Set(found.keys) == Set(test.outputs.keys))
            // Padding of a lone stack, on its left, sees no key.
            let isPadded = !model.configuration.hasTwoStacks
            for (name, goal) in test.outputs {
                let mask = isPadded && goal.shape.count > 2 ? test.inputs["attention_mask"] : nil
                let value = try #require(found[name], "\(name)")
                let largest = try goal.floats().reduce(0) { max($0, $1.magnitude) }
                try expectNear(
                    realRows(value, mask), realRows(goal, mask),
                    within: Float(test.tolerance) * largest, "\(test.name): \(name)")
            }
        }
    }

    static let families = BackendCheck.each("a family's sentence encoder", FamilyCase.all) { backend, test in
        let folder = try test.folder()
        defer { withExtendedLifetime(folder) {} }
        let model = try SentenceModel(folder: folder.path)
        let session = try Program(model.graph, on: backend).makeSession()
        let found = try model.embeddings(test.texts, session: session).floats()
        expectNear(found, test.embeddings.joined().map { Float($0) }, within: 2e-6, test.name)
    }

    static let masks = BackendCheck("masked words are those of transformers") { backend in
        let test = MaskCase.only
        let folder = try test.folder()
        defer { withExtendedLifetime(folder) {} }
        let model = try #require(try MaskedWords(folder: folder.path))
        #expect(model.hasMask(test.text) && !model.hasMask("the cat"))
        let session = try Program(model.graph, on: backend).makeSession()
        let found = try model.predictions(test.text, count: 5, session: session)
        #expect(found.map(\.position) == test.masks.map(\.position))
        for (mask, expected) in zip(found, test.masks) {
            #expect(mask.predictions.map(\.id) == expected.ids)
            for (prediction, probability) in zip(mask.predictions, expected.probabilities) {
                #expect(abs(prediction.probability - probability) < 2e-6)
            }
        }
    }

    static let crosses = BackendCheck.each("a cross-encoder's scores", CrossCase.all) { backend, test in
        let folder = try test.folder()
        defer { withExtendedLifetime(folder) {} }
        let model = try CrossEncoder(folder: folder.path)
        let session = try Program(model.graph, on: backend).makeSession()
        let scores = try model.scores(test.query, test.texts, session: session)
        expectNear(scores, test.scores.map { Float($0) }, within: 2e-6, test.name)
    }

    /// The elements of the queries that are no padding: a decoder's padding on the left sees no key, and the peer gives it an even pattern.
    ///
    /// - Parameter tensor: `[batch, queries, width]` or `[batch, heads, queries, keys]`.
    private static func realRows(_ tensor: Tensor, _ mask: Tensor?) throws -> [Float] {
        let values = try tensor.floats()
        guard let mask = try mask?.integers() else { return values }
        let (shape, width) = (tensor.shape, tensor.shape[tensor.shape.count - 1])
        let (heads, queries) = (shape.count == 4 ? shape[1] : 1, shape[shape.count - 2])
        return (0..<(values.count / width)).filter { row in
            mask[row / (heads * queries) * queries + row % queries] == 1
        }.flatMap { values[($0 * width)..<(($0 + 1) * width)] }
    }

    static let miniLM = BackendCheck("MiniLM's embeddings are those of sentence-transformers") { backend in
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/minilm/sentences.json"))
        let sentences = try JSONDecoder().decode(Sentences.self, from: data).sentences
        let expected = try SafetensorsFile("\(fixtures)/minilm/expected.safetensors").tensor(named: "embeddings")
            .floats()
        let encoder = try SentenceModel(folder: try #require(miniLMFolder))
        let session = try Program(encoder.graph, on: backend).makeSession()
        #expect(sentences.count == 24)
        // The naive backends take their time: every fourth sentence is enough there.
        let step = ["reference", "minimal"].contains(backend.device.backend) ? 4 : 1
        for index in stride(from: 0, to: sentences.count, by: step) {
            #expect(encoder.encode(sentences[index].text).ids == sentences[index].ids)
            let found = try encoder.embeddings([sentences[index].text], session: session).floats()
            let goal = expected[(index * 384)..<((index + 1) * 384)]
            let cosine = zip(found, goal).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(cosine - 1) <= 1e-5)
            expectNear(found, goal, within: 2e-6, "sentence \(index)")
        }
        // In one padded batch the same comes out.
        let batch = (0..<8).map { sentences[$0].text }
        let together = try encoder.embeddings(batch, session: session).floats()
        expectNear(together, expected.prefix(8 * 384), within: 2e-6, "a batch")
    }
}

/// What must hold whatever the backend computes.
@Suite struct SharingTests {
    private static func encoder() throws -> Graph {
        try LoadedModel(folder: "\(fixtures)/bert/minilm-tiny").graph([.lastHiddenState, .sentenceEmbedding])
    }

    private static func tokens(batch: Int, length: Int, seed: UInt64) throws -> [String: Tensor] {
        var numbers = SeededNumbers(seed)
        let shape = [batch, length]
        return [
            "input_ids": numbers.integers(shape, 0..<256), "token_type_ids": numbers.integers(shape, 0..<2),
            "attention_mask": try Tensor(
                (0..<(batch * length)).map { Int64($0 % length < length - $0 / length ? 1 : 0) }, shape: shape)
        ]
    }

    /// The same sentences on one thread and on three.
    private func onOneAndThreeThreads(of name: String) throws -> [[String: Tensor]] {
        let inputs = try Self.tokens(batch: 4, length: 40, seed: 3)
        return try [1, 3].map { try Self.encoder().run(inputs, on: backend(name, threads: $0)) }
    }

    @Test func `the number of threads does not change the bits of simd`() throws {
        let results = try onOneAndThreeThreads(of: "simd")
        #expect(results[0] == results[1])
    }

    /// OpenBLAS blocks by the number of rows it is given, so only closeness is promised.
    @Test(.backend("openblas")) func `the number of threads hardly changes the numbers of openblas`() throws {
        let results = try onOneAndThreeThreads(of: "openblas").map { try #require($0["last_hidden_state"]).floats() }
        #expect(results[0].count == 4 * 40 * 48)
        expectNear(results[0], results[1], within: 1e-4)
    }

    @Test(.backend("openblas")) func `every matrix product of openblas is an sgemm, and simd makes none`() throws {
        let made = try OpenBLAS.make(threads: 2)
        let graph = try Self.encoder()
        let inputs = try Self.tokens(batch: 2, length: 8, seed: 4)
        let program = Program(graph, on: made.backend)
        let session = try program.makeSession()
        let placements = try session.plan(for: inputs).placements
        #expect(made.engine.callCount == 0)
        _ = try session.run(inputs)
        let counted = made.engine.callCount
        // Three layers: four linears each (query, key and value are one), of one call as they are small, and for each of 2 · 4 heads one
        // product for the scores and one for the values.
        #expect(counted == 3 * (4 + 2 * 4 * 2))
        #expect(placements.filter { $0.kernel.contains("sgemm (openblas)") }.count == 12)
        #expect(placements.allSatisfy { $0.backend == "openblas" && !$0.kernel.contains("(simd)") })
        _ = try graph.run(inputs, on: backend("simd"))
        _ = try graph.run(inputs, on: backend("reference"))
        #expect(made.engine.callCount == counted)
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("eight tasks at once give the same bits") { backend in
            let program = Program(try encoder(), on: backend)
            let inputs = try (0..<3).map { try tokens(batch: 3, length: 9 + $0 * 7, seed: UInt64($0)) }
            let expected = try inputs.map { try program.makeSession().run($0) }
            let before = program.weightByteCount
            // Naive kernels, plug-ins' among them, take as long for a few.
            let rounds = ["simd", "openblas"].contains(backend.device.backend) ? 30 : 3
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        let session = try program.makeSession()
                        for round in 0..<rounds {
                            let index = (round + task) % 3
                            #expect(try session.run(inputs[index]) == expected[index])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(program.weightByteCount == before)
            #expect(before > 0)
            #expect(program.planCount == 3)
        }
    }
}
