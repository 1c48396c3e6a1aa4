import AttendModels
import AttendParity
import AttendRuntime

/// Presets: counted, and run if small.
struct PresetTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        try BuiltInFiles.presets.sorted { $0.key < $1.key }.flatMap { _, text in
            let whole = try DraftValue(parsing: text)
            var small = whole
            for key in ["encoder", "decoder"] where whole[key] != nil {
                small[key]?["layers"] = .number(1)
                small[key]?["heads"] = .number(2)
                small[key]?["head_dimension"] = .number(4)
                if whole[key]?["key_value_heads"] != nil { small[key]?["key_value_heads"] = .number(1) }
                if whole[key]?["feed_forward"] != nil { small[key]?["feed_forward"] = .number(12) }
                if whole[key]?["position_count"] != nil { small[key]?["position_count"] = .number(16) }
            }
            (small["width"], small["context"]) = (.number(8), .number(16))
            if whole["vocabulary"] != nil { small["vocabulary"] = .number(24) }
            if whole["audio"] != nil {
                small["audio"]?["bins"] = .number(4)
                small["audio"]?["positions"] = .number(16)
            }
            return [small, small, small, whole].map { Draft([DraftFile("preset.json", .json($0))]) }
        }
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights.sound = 40
        mutator.sound = [PresetChanges(), PresetChanges(), PresetChanges(), SpellingChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let preset = try Preset(contentsOf: trial.path("preset.json"))
        let model = try trial.read { try CountableModel(preset) }
        let count = ParameterCount(model.graph, declaredWeights: model.declaredWeights)
        try trial.require(count.groups.allSatisfy { $0.parameterCount >= 0 }, "a negative number of parameters")
        try trial.require(
            ParameterCount.Role.allCases.reduce(0) { $0 + count.total(of: $1) } == count.total, "the roles don't add up"
        )
        let tokens = min(4, max(1, preset.contextLimit))
        let cost = try ContextCost.of(model, tokens: tokens)
        try trial.require(cost.flops >= 0 && cost.workingByteCount >= 0, "negative costs")
        guard count.total < 20_000, model.graph.nodes.count < 200 else { return }
        let graph = try trial.must("a preset that can be counted can't be built") {
            try preset.graph(weights: .random(seed: 1))
        }
        do {
            let (vocabulary, types) = (
                preset.configuration.vocabularySize ?? 1, preset.configuration.tokenTypeCount
            )
            let rowCounts = ["tokens": vocabulary, "source": vocabulary, "token_types": types]
            try GraphExam(trial: trial, rowCounts: rowCounts).check(graph)
        } catch is GraphExam.TooLarge {}
    }
}

/// A graph with a vocabulary file, explained.
struct WordsTarget: FuzzTarget {
    func seeds() throws -> [Draft] {
        [
            Draft(
                ["creature.json", "creature.safetensors", "creature.words.json"].compactMap { name in
                    BuiltInFiles.examples[name].map { DraftFile(name, $0) }
                })
        ]
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.favored = ["creature.words"]
        mutator.weights = MutationWeights(
            other: 18, nudge: 22, consistent: 12, structure: 9, boundary: 8, bytes: 3, file: 1, sound: 40)
        mutator.sound = [WordsChanges(), SpellingChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let model = try trial.read { try ExplainedModel(graphFile: trial.path("creature.json"), text: nil) }
        let story = try Explanation(model, on: GraphExam.backend("simd"))
        try trial.require(model.tokens.indices.contains(story.focus), "the focus \(story.focus) is not a token")
        try trial.require(!story.steps.isEmpty, "the story has no steps")
    }
}
