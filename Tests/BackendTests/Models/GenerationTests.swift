import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

private let fixtures = "\(Bundle.module.resourcePath ?? ".")/Fixtures"

/// Ids of Hugging Face transformers: greedy, with rules for logits, and by beams (Tests/Goldens/generation.py).
enum GenerationTests {
    private static let cases = [
        "gpt2/tiny", "gpt2/left-padded-original-names", "llama/tied-gqa", "llama/untied-mqa-left-padded",
        "llama/llama3-rope-scaling", "llama/bf16-two-shards", "qwen3/tied", "qwen3/untied-left-padded", "t5/relu",
        "t5/gated-gelu", "marian/tiny", "marian/forced-eos", "bart/tiny", "bart/forced-bos-eos", "whisper/tiny",
        "whisper/suppress-tokens"
    ]

    private struct Expectation: Decodable {
        struct Generation: Decodable { var maxNewTokens: Int, sequences: [[Int]] }
        var generation: Generation
    }

    struct Golden: Sendable, CustomStringConvertible {
        var model: String
        var settings: JSONValue
        var sequences: [[Int]]
        var description: String { "\(model) \((try? settings.serialized()) ?? "")" }

        static let all: [Golden] = {
            do {
                let text = try String(contentsOfFile: "\(fixtures)/generation/expected.json", encoding: .utf8)
                return try JSONNode(JSONValue(parsing: text)).required("cases").elements().map { node in
                    Golden(
                        model: try node.required("model").string(), settings: try node.required("settings").value,
                        sequences: try node.required("sequences").elements().map { row in
                            try row.elements().map { try $0.integer() }
                        })
                }
            } catch {
                Issue.record("\(error)")
                return []
            }
        }()

        /// The model's settings with those of the case.
        func settings(_ defaults: GenerationSettings) throws -> GenerationSettings {
            var settings = defaults
            settings.maximumNewTokens = 16
            for (key, node) in try JSONNode(self.settings).members() {
                switch key {
                case "num_beams": settings.beamCount = try node.integer()
                case "length_penalty": settings.lengthPenalty = try node.number()
                case "early_stopping": settings.earlyStopping = node.value == .bool(true) ? .first : .never
                case "repetition_penalty": settings.rules.repetitionPenalty = try node.number()
                case "no_repeat_ngram_size": settings.rules.uniqueNGramSize = try node.integer()
                case "min_new_tokens": settings.rules.minimumNewTokens = try node.integer()
                case "suppress_tokens": settings.rules.suppressed = try node.elements().map { try $0.integer() }
                case "bad_words_ids":
                    settings.rules.forbidden = try node.elements().map { try $0.elements().map { try $0.integer() } }
                default: Issue.record("an unknown setting: \(key)")
                }
            }
            return settings
        }
    }

    private static func sequences(
        _ program: GenerationProgram, _ tensors: [String: Tensor], _ settings: GenerationSettings
    ) throws -> [[Int]] {
        let found = try Sequences(program, tensors, settings, path: "inputs").tensor()
        let ids = try found.integers().map { Int($0) }
        return (0..<found.shape[0]).map { Array(ids[$0 * found.shape[1]..<($0 + 1) * found.shape[1]]) }
    }

    /// One row of a batch, without its padding at the end.
    private static func alone(_ tensors: [String: Tensor], _ row: Int, isSource: Bool) throws -> [String: Tensor] {
        let mask = try tensors["attention_mask"].map { mask in
            try mask.integers()[row * mask.shape[1]..<(row + 1) * mask.shape[1]]
        }
        let count = isSource ? mask?.count { $0 == 1 } : nil
        return try tensors.mapValues { tensor in
            let width = tensor.elementCount / tensor.shape[0]
            if tensor.dtype.isFloatingPoint {
                let numbers = try tensor.floats()[row * width..<(row + 1) * width]
                return try Tensor(Array(numbers), shape: [1] + tensor.shape.dropFirst())
            }
            let ids = Array(try tensor.integers()[row * width..<(row + 1) * width].prefix(count ?? width))
            return try Tensor(ids, shape: [1, ids.count])
        }
    }

    static let checks: [BackendCheck] =
        BackendCheck.each("greedy ids of transformers", cases) { backend, name in
            let folder = "\(fixtures)/\(name)"
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let goal = try decoder.decode(
                Expectation.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/expected.json"))
            ).generation
            let program = try GenerationProgram(LoadedModel(folder: folder), on: backend)
            var settings = program.defaults.settings
            settings.maximumNewTokens = goal.maxNewTokens
            var tensors = try ModelTests.inputs(folder)
            for name in ["decoder_input_ids", "position_ids", "decoder_attention_mask"] { tensors[name] = nil }
            #expect(try sequences(program, tensors, settings) == goal.sequences)
            // Each row is the same alone.
            let isSource = program.model.configuration.encoder != nil
            for row in goal.sequences.indices where goal.sequences.count > 1 {
                let found = try sequences(program, alone(tensors, row, isSource: isSource), settings)[0]
                #expect(found == Array(goal.sequences[row].prefix(found.count)), "row \(row)")
                #expect(goal.sequences[row].dropFirst(found.count).allSatisfy { $0 == settings.padID })
            }
        }
        + BackendCheck.each("ids by rules and beams of transformers", Golden.all) { backend, golden in
            let folder = "\(fixtures)/\(golden.model)"
            let program = try GenerationProgram(LoadedModel(folder: folder), on: backend)
            var tensors = try ModelTests.inputs(folder)
            for name in ["decoder_input_ids", "position_ids", "decoder_attention_mask"] { tensors[name] = nil }
            let settings = try golden.settings(program.defaults.settings)
            let found = try sequences(program, tensors, settings)
            for (row, (ids, goal)) in zip(found, golden.sequences).enumerated() {
                // Behind an end, transformers fills with the end where the padding is 0.
                let start = program.model.configuration.encoder == nil ? tensors["input_ids"]?.shape[1] ?? 0 : 1
                func cut(_ ids: [Int]) -> [Int] {
                    guard let end = ids.dropFirst(start).firstIndex(where: settings.endIDs.contains) else { return ids }
                    return Array(ids[...end])
                }
                #expect(cut(ids) == cut(goal), "row \(row)")
            }
        }
        + [
            BackendCheck("a decoder's steps are those of whole passes") { backend in
                for name in ["gpt2/tiny", "llama/tied-gqa", "qwen3/tied"] {
                    let model = try LoadedModel(folder: "\(fixtures)/\(name)")
                    let program = try GenerationProgram(model, on: backend)
                    let whole = try Program(model.graph([.logits]), on: backend).makeSession()
                    let ids = [3, 17, 5, 40, 8, 22, 9, 31, 14, 2, 7, 50]
                    let session = program.makeSession()
                    // Pieces of several lengths, and a copy that goes on by itself.
                    var place = 0
                    for count in [3, 1, 1, 4, 2] {
                        let logits = try session.append([Array(ids[place..<place + count])])
                        place += count
                        let inputs = try model.inputs(
                            ["input_ids": Tensor(ids[..<place].map { Int64($0) }, shape: [1, place])],
                            of: whole.program.graph)
                        let goal = try #require(try whole.run(inputs)["logits"]).rows()
                        expectNear(logits[0], goal[place - 1], within: 2e-4, "\(name) after \(place)")
                    }
                    let copy = try session.clone()
                    let (first, second) = (try session.append([[1]]), try copy.append([[1]]))
                    #expect(first == second)
                    #expect(session.lengths == [12] && copy.lengths == [12])
                }
            },
            BackendCheck("a cache that is saved or copied goes on beyond its room") { backend in
                for name in ["gpt2/tiny", "t5/relu"] {
                    let program = try GenerationProgram(LoadedModel(folder: "\(fixtures)/\(name)"), on: backend)
                    let session = program.makeSession()
                    if program.model.configuration.encoder != nil {
                        try session.encode(["input_ids": Tensor([5, 9, 3, 7] as [Int64], shape: [1, 4])])
                    }
                    // The room is used up.
                    _ = try session.append([[3, 17, 5, 40]], room: 4)
                    let folder = try TemporaryFolder()
                    defer { withExtendedLifetime(folder) {} }
                    let path = "\(folder.path)/cache.safetensors"
                    try session.save(to: path)
                    let (copy, loaded) = (try session.clone(), program.makeSession())
                    try loaded.load(from: path)
                    #expect(copy.lengths == [4] && loaded.lengths == [4])
                    for ids in [[8, 22], [9], [31]] {
                        let goal = try session.append([ids])
                        #expect(try copy.append([ids]) == goal)
                        #expect(try loaded.append([ids]) == goal)
                    }
                    #expect(loaded.lengths == session.lengths)
                }
            },
            BackendCheck("a short sequence beside a long one is as if alone") { backend in
                var seen = 0
                for test in VariantCase.all where test.hasLogits {
                    let folder = try test.folder()
                    defer { withExtendedLifetime(folder) {} }
                    let model = try LoadedModel(folder: folder.path)
                    guard model.configuration.decoder != nil, !model.configuration.hasTwoStacks else { continue }
                    let program = try GenerationProgram(model, on: backend)
                    // A few are too short for four steps.
                    guard program.contextLimit ?? .max >= 10 else { continue }
                    seen += 1
                    let size = model.configuration.vocabularySize ?? 1
                    let count = min(30, (program.contextLimit ?? 40) - 5)
                    let texts = [
                        (0..<count).map { ($0 * 5 + 1) % size }, [2 % size, 4 % size, 3 % size],
                        (0..<min(9, count)).map { ($0 * 3 + 2) % size }
                    ]
                    let batch = program.makeSession()
                    let alone = texts.map { _ in program.makeSession() }
                    var next = texts
                    for step in 0..<4 {
                        let logits = try batch.append(next)
                        for row in texts.indices {
                            let single = try alone[row].append([next[row]])[0]
                            let scale = single.reduce(1) { max($0, $1.magnitude) }
                            expectNear(
                                logits[row], single, within: 2e-5 * scale, "\(test.name), row \(row), step \(step)")
                        }
                        next = texts.indices.map { [($0 + step) % size] }
                    }
                }
                #expect(seen >= 8)
            },
            BackendCheck("a cache of a window's length is enough") { backend in
                let tests = VariantCase.all.filter { test in
                    ["Mistral", "Gemma"].contains { test.name.contains($0) } && test.hasLogits
                }
                #expect(tests.count >= 3)
                var windows = 0
                for test in tests {
                    let folder = try test.folder()
                    defer { withExtendedLifetime(folder) {} }
                    let model = try LoadedModel(folder: folder.path)
                    guard let stack = model.configuration.decoder, let window = stack.window, !stack.localLayers.isEmpty
                    else { continue }
                    windows += 1
                    let program = try GenerationProgram(model, on: backend)
                    let whole = try Program(model.graph([.logits]), on: backend).makeSession()
                    let size = model.configuration.vocabularySize ?? 1
                    let count = min(5 * window + 7, program.contextLimit ?? .max)
                    let ids = (0..<count).map { ($0 * 7 + 3) % size }
                    let inputs = try model.inputs(
                        ["input_ids": Tensor(ids.map { Int64($0) }, shape: [1, count])], of: whole.program.graph)
                    let goal = try #require(try whole.run(inputs)["logits"]).rows()
                    let session = program.makeSession()
                    var place = 0
                    while place < count {
                        // A prompt of several windows, then single tokens.
                        let step = min(place == 0 ? 2 * window + 1 : 1, count - place)
                        let logits = try session.append([Array(ids[place..<place + step])])
                        place += step
                        expectNear(logits[0], goal[place - 1], within: 2e-4, "\(test.name) after \(place)")
                    }
                    let room = session.room
                    #expect(try #require(room.local) <= 2 * window, "\(test.name): \(room)")
                    #expect(room.all == 0 || room.all >= count)
                }
                #expect(windows >= 2)
            }
        ]
}
