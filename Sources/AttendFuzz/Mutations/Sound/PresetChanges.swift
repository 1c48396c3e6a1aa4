import AttendParity

/// Changes to a preset that keep its sizes consistent as far as possible.
struct PresetChanges: SoundChanges {
    private static let file = "preset.json"
    private static let words = [
        "activation": ["gelu", "gelu_tanh", "relu", "silu"], "norm": ["layer_norm", "rms_norm", "none"],
        "norm_placement": ["before", "after"], "biases": ["all", "all_but_key", "none"],
        "unembedding": ["tied", "own", "none"]
    ]

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        var mutation = edit(PresetChanges.file, of: &draft) { root in
            switch numbers.below(10) {
            case 0, 1:
                let key = numbers.pick(PresetChanges.words.keys.sorted())
                guard root[key] != nil, let words = PresetChanges.words[key] else { return nil }
                root[key] = .string(numbers.pick(words))
                return "another \(key)"
            case 2:
                let key = numbers.pick(["gated", "normalize_embeddings", "pooler"])
                root[key] = .bool(numbers.chance(0.5))
                return "another \(key)"
            case 3:
                let key = numbers.pick(["norm_epsilon", "score_scale", "logit_scale", "rotary_base"])
                root[key] = .raw(numbers.pick(["1e-12", "0.0", "0.5", "1e4", "1", "1e-30"]))
                return "another \(key)"
            case 4, 5: return size(&root, numbers.pick(["width", "context", "vocabulary", "token_types"]), &numbers)
            default: return stack(&root, &numbers)
            }
        }
        // Compatibility of sizes is up to the reader.
        mutation?.isSound = false
        return mutation
    }

    private func size(_ root: inout DraftValue, _ key: String, _ numbers: inout SeededNumbers) -> String? {
        guard root[key] != nil else { return nil }
        let size = 2 * (1 + numbers.below(12))
        root[key] = .number(size)
        return "\(key) is \(size)"
    }

    private func stack(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        let sides = ["encoder", "decoder"].filter { root[$0] != nil }
        guard !sides.isEmpty else { return nil }
        let side = numbers.pick(sides)
        switch numbers.below(5) {
        case 0: root[side]?["layers"] = .number(1 + numbers.below(3))
        case 1:
            let few = 1 + numbers.below(3)
            root[side]?["heads"] = .number(few * (1 + numbers.below(3)))
            root[side]?["key_value_heads"] = .number(few)
        case 2: root[side]?["head_dimension"] = .number(2 * (1 + numbers.below(5)))
        case 3: root[side]?["feed_forward"] = numbers.chance(0.2) ? nil : .number(1 + numbers.below(20))
        default:
            root[side]?["positions"] = .string(numbers.pick(["none", "learned", "sinusoidal", "rotary", "relative"]))
            root[side]?["position_count"] = .number(numbers.pick([2, 4, 16, 32]))
        }
        return "other sizes of the \(side)"
    }
}
