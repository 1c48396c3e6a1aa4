import AttendModels
import AttendRuntime
import Foundation
import ModelSupport
import TestSupport
import Testing

/// The heads of every family: the same names, whether attention is one operation or written out.
@Suite struct FamilyHeadTests {
    private static let roles = [
        "queries", "keys", "values", "products", "scores", "masked_scores", "pattern", "mixed", "delta"
    ]

    @Test(arguments: VariantCase.all) func `heads have the same captures, and add up to attention`(
        _ test: VariantCase
    ) throws {
        let folder = try test.folder()
        let model = try LoadedModel(folder: folder.path)
        let graph = try model.graph(
            model.outputs.subtracting([.sentenceEmbedding, .meanPooled]),
            positions: test.inputs["position_ids"] == nil ? .counted : .given)
        let inputs = try model.inputs(test.inputs, of: graph)
        let known = graph.captureNames
        let stacks = ["", "encoder.", "decoder."].filter { known.contains("\($0)layers.0.attention") }
        #expect(!stacks.isEmpty)
        for stack in stacks {
            let attentions = ["attention", "cross_attention"].map { "\(stack)layers.0.\($0)" }.filter(known.contains)
            for attention in attentions {
                let heads = known.count { $0.hasPrefix("\(attention).heads.") && $0.hasSuffix(".delta") }
                let names = Self.roles.map { "\(attention).\($0)" }
                let byHead = (0..<heads).flatMap { head in Self.roles.map { "\(attention).heads.\(head).\($0)" } }
                #expect(heads > 0)
                #expect(Set(names + byHead).isSubset(of: known), "\(attention)")
                // What a name is, it is under one name only.
                #expect(!known.contains { $0.hasPrefix("\(attention).mixed.") })
                let found = try graph.capturing([attention] + names + byHead).run(
                    inputs, on: backend("reference"))
                let whole = try #require(found[attention])
                let delta = try #require(found["\(attention).delta"])
                let (batch, tokens, width) = (whole.shape[0], whole.shape[1], whole.shape[2])
                #expect(delta.shape == [batch, heads, tokens, width])
                // The bias is the same for all tokens.
                let (all, parts) = (try whole.floats(), try delta.floats())
                var rests: [[Double]] = []
                for row in 0..<batch {
                    for token in 0..<tokens {
                        rests.append(
                            (0..<width).map { column in
                                let sum = (0..<heads).reduce(0.0) { sum, head in
                                    sum + Double(parts[((row * heads + head) * tokens + token) * width + column])
                                }
                                return Double(all[(row * tokens + token) * width + column]) - sum
                            })
                    }
                }
                for rest in rests { expectNear(rest, rests[0], within: 2e-5, attention) }
                for head in 0..<heads {
                    let pattern = try #require(found["\(attention).heads.\(head).pattern"])
                    for row in try pattern.rows() {
                        #expect(abs(row.reduce(0, +) - 1) < 1e-5 || row.allSatisfy { $0 == 0 })
                    }
                    let one = try #require(found["\(attention).heads.\(head).delta"])
                    #expect(one.shape == [batch, tokens, width])
                }
            }
        }
    }

    private static func differences(_ story: Explanation) -> [Double] {
        var found: [Double] = []
        for case .facts(let facts) in story.steps.flatMap(\.figures) {
            for fact in facts where fact.label.hasPrefix("largest difference") {
                if case .number(let number) = fact.value { found.append(number) }
            }
        }
        return found
    }

    @Test(arguments: FamilyCase.all) func `attention of every family is explained`(_ test: FamilyCase) throws {
        let folder = try test.folder()
        let model = try ExplainedModel(folder: folder.path, text: test.texts[0])
        #expect(model.tokens.count > 1)
        for layer in 0..<model.layerCount {
            let story = try Explanation(model, layer: layer, head: model.headCount(layer) - 1, on: backend("simd"))
            #expect(story.steps.map(\.step) == ExplanationStep.allCases)
            let differences = Self.differences(story)
            #expect(differences.count == 2)
            #expect(differences.allSatisfy { $0 < 1e-5 }, "\(differences)")
        }
    }

    /// A fixture with a tokenizer of three words.
    private static func folder(_ fixture: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let whole = "\(Bundle.module.resourcePath ?? ".")/Fixtures/\(fixture)"
        for name in ["config.json", "model.safetensors"] {
            try folder.write(InputFile.contents(of: "\(whole)/\(name)"), name)
        }
        try folder.write(
            #"{"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}"#, "tokenizer_config.json")
        try folder.write(
            #"""
            {"model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c": 3}},
            "pre_tokenizer": {"type": "Whitespace"}}
            """#, "tokenizer.json")
        return folder
    }

    @Test func `an encoder and a decoder are explained, with what the decoder reads of the encoder`() throws {
        let folder = try Self.folder("t5/relu")
        let encoder = try ExplainedModel(folder: folder.path, text: "a b")
        let decoder = try ExplainedModel(folder: folder.path, text: "a b", target: "c b a")
        #expect(encoder.tokens == ["a", "b"])
        #expect(decoder.ids == [0, 3, 2])
        for model in [encoder, decoder] {
            let story = try Explanation(model, on: backend("simd"))
            #expect(Self.differences(story).allSatisfy { $0 < 1e-5 })
            let cross = try #require(story.steps.first { $0.step == .crossAttention })
            let grids = cross.figures.compactMap { if case .grid(let grid) = $0 { grid } else { nil } }
            guard model.ids == decoder.ids else {
                #expect(grids.isEmpty)
                continue
            }
            let grid = try #require(grids.first)
            #expect(grid.keys == encoder.tokens)
            #expect(grid.queries == decoder.tokens)
            for row in grid.values { #expect(abs(row.reduce(0, +) - 1) < 1e-5) }
        }
        expectError(ModelError.self, saying: "a target needs a model with an encoder and a decoder") {
            let bert = try #require(FamilyCase.all.first { $0.name == "albert" }).folder()
            return try ExplainedModel(folder: bert.path, text: "a", target: "b")
        }
    }

    @Test func `an empty text and a damaged weight are errors of an explanation`() throws {
        let test = try #require(FamilyCase.all.first { $0.name == "qwen3" })
        let folder = try test.folder()
        for name in ["gpt2/tiny", "t5/relu"] {
            let bare = try Self.folder(name)
            expectError(ExplanationError.self, saying: "the text has no words") {
                try ExplainedModel(folder: bare.path, text: "")
            }
        }
        let path = "\(folder.path)/model.safetensors"
        let file = try SafetensorsFile(path)
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
        let name = try #require(file.entries.first { $0.name.hasSuffix("layers.0.self_attn.q_proj.weight") })
        tensors[name.name] = try Tensor(
            [Float](repeating: .nan, count: name.shape[0] * name.shape[1]), shape: name.shape)
        try SafetensorsFile.write(tensors, to: path)
        let model = try ExplainedModel(folder: folder.path, text: test.texts[0])
        expectError(ExplanationError.self, saying: "layers.0.attention", "is not a number", "--check") {
            try Explanation(model, on: backend("simd"))
        }
    }

    @Test func `what an explanation says is what the model does`() throws {
        func steps(_ name: String, layer: Int = 0) throws -> [ExplanationStep: ExplainedStep] {
            let test = try #require(FamilyCase.all.first { $0.name == name })
            let folder = try test.folder()
            let model = try ExplainedModel(folder: folder.path, text: test.texts[0])
            let story = try Explanation(model, layer: layer, on: backend("simd"))
            return Dictionary(uniqueKeysWithValues: story.steps.map { ($0.step, $0) })
        }
        let qwen = try steps("qwen3")
        #expect(qwen[.queriesAndKeys]?.formula == "q_i = R_i norm(W_Q E_i),  k_j = R_j norm(W_K E_j)")
        #expect(qwen[.positions]?.formula == "q_i ← R_i q_i,  k_j ← R_j k_j")
        #expect(qwen[.blocks]?.sentence.contains("after each sum") == false)
        #expect(qwen[.queriesAndKeys]?.sentence.contains("The vectors are normalized first.") == true)
        let t5 = try steps("t5")
        #expect(t5[.scale]?.formula == "score = q · k + bias")
        #expect(t5[.pattern]?.formula.hasPrefix("pattern = softmax(Q Kᵀ + bias") == true)
        #expect(t5[.positions]?.formula == "score ← score + b(j − i)")
        let bert = try steps("electra")
        #expect(bert[.blocks]?.sentence.contains("after each sum") == true)
        #expect(bert[.scale]?.formula == "score = q · k / √d")
    }
}
