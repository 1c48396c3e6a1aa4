import AttendParity

/// Changes to a vocabulary file after which its text still uses its words.
struct WordsChanges: SoundChanges {
    private static let file = "creature.words.json"

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        edit(WordsChanges.file, of: &draft) { root in
            guard case .array(let values)? = root["vocabulary"] else { return nil }
            let vocabulary = values.compactMap(\.text)
            guard vocabulary.count == values.count, !vocabulary.isEmpty else { return nil }
            switch numbers.below(5) {
            case 0, 1:
                let words = (0..<(1 + numbers.below(8))).map { _ in numbers.pick(vocabulary) }
                root["text"] = .string(words.joined(separator: numbers.pick([" ", "\n", "\t ", "  "])))
                root["focus"] = numbers.chance(0.3) ? nil : .string(numbers.pick(words))
                return "a text of \(words.count) words"
            case 2:
                root["made_by_hand"] = .bool(numbers.chance(0.5))
                return "another author"
            case 3:
                guard case .array(var features)? = root["features"], !features.isEmpty else { return nil }
                features[numbers.below(features.count)] = .string(numbers.pick(BoundaryValues.strings))
                root["features"] = numbers.chance(0.2) ? nil : .array(features)
                return "another feature"
            default:
                // With letters of no other word, so that no text contains it by chance.
                let index = numbers.below(values.count)
                let word = vocabulary[index] + numbers.pick(["é", "東京", "\u{200D}", "\u{301}", "%s", "\u{202E}"])
                guard !vocabulary.contains(word), let text = root["text"]?.text else { return nil }
                let old = vocabulary[index]
                let words = text.split(separator: " ").map { $0 == old ? word : String($0) }
                root["vocabulary"] = .array(vocabulary.map { .string($0 == old ? word : $0) })
                root["text"] = .string(words.joined(separator: " "))
                if root["focus"]?.text == old { root["focus"] = .string(word) }
                return "the word \"\(old)\" replaced"
            }
        }
    }
}
