import AttendParity

/// Changes to a `tokenizer.json` after which it is valid: tokens, flags, limits.
struct TokenizerChanges: SoundChanges {
    private static let file = "tokenizer.json"

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        edit(TokenizerChanges.file, of: &draft) { root in
            switch numbers.below(10) {
            case 0, 1: return token(&root, &numbers)
            case 2: return exchange(&root, &numbers)
            case 3, 4: return normalizer(&root, &numbers)
            case 5, 6: return flag(&root, &numbers)
            case 7:
                let limit = numbers.pick([0, 1, 2, 3, 100, 1_000_000, Int.max])
                guard isWordPiece(root) else { return nil }
                root["model"]?["max_input_chars_per_word"] = .number(limit)
                return "words of at most \(limit) letters"
            case 8:
                let limit = numbers.pick([0, 1, 2, 3, 8, 512, Int.max])
                let direction = numbers.pick(["Right", "Left"])
                root["truncation"] = .object([
                    .init("direction", .string(direction)), .init("max_length", .number(limit)),
                    .init("strategy", .string("LongestFirst")), .init("stride", .number(0))
                ])
                return "cut at \(limit), \(direction)"
            default: return part(&root, &numbers)
            }
        }
    }

    // MARK: Tokens

    /// The indices of vocabulary tokens without other references.
    private func ordinary(_ members: [DraftValue.Member]) -> [Int] {
        members.indices.filter { !TokenizerSeeds.specials.contains(members[$0].key) }
    }

    /// Whether no other part names tokens by their texts, as merges do.
    private func isWordPiece(_ root: DraftValue) -> Bool {
        guard case .object? = root["model"]?["vocab"] else { return false }
        return root["model"]?["merges"] == nil
    }

    private func token(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard isWordPiece(root) else { return nil }
        guard case .object(var members)? = root["model"]?["vocab"] else { return nil }
        let places = ordinary(members)
        guard !places.isEmpty else { return nil }
        let index = numbers.pick(places)
        let text =
            numbers.chance(0.5)
            ? numbers.pick(BoundaryValues.strings) : String(TextMutations.scalar(&numbers)) + members[index].key
        // Compared by bytes, as in vocabularies.
        guard !members.contains(where: { Array($0.key.utf8) == Array(text.utf8) }) else { return nil }
        let old = members[index].key
        members[index].key = text
        root["model"]?["vocab"] = .object(members)
        return "the token \"\(old)\" has another text"
    }

    private func exchange(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .object(var members)? = root["model"]?["vocab"] else { return nil }
        let places = ordinary(members)
        guard places.count > 1 else { return nil }
        let (left, right) = (numbers.pick(places), numbers.pick(places))
        (members[left].value, members[right].value) = (members[right].value, members[left].value)
        root["model"]?["vocab"] = .object(numbers.chance(0.5) ? members : members.reversed())
        return "\"\(members[left].key)\" and \"\(members[right].key)\" exchanged their ids"
    }

    private func flag(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard case .array(var tokens)? = root["added_tokens"], !tokens.isEmpty else { return nil }
        let index = numbers.below(tokens.count)
        let key = numbers.pick(["single_word", "lstrip", "rstrip", "normalized"])
        guard let old = tokens[index][key], old.isBool else { return nil }
        tokens[index][key] = .bool(old == .raw("false"))
        root["added_tokens"] = .array(tokens)
        return "the added token \(index) has another \(key)"
    }

    // MARK: Parts

    private func normalizer(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        guard root["normalizer"]?["type"] == .string("BertNormalizer") else { return nil }
        let key = numbers.pick(["clean_text", "handle_chinese_chars", "strip_accents", "lowercase"])
        let value = key == "strip_accents" && numbers.chance(0.3) ? DraftValue.null : .bool(numbers.chance(0.5))
        root["normalizer"]?[key] = value
        return "the normalizer has another \(key)"
    }

    private func part(_ root: inout DraftValue, _ numbers: inout SeededNumbers) -> String? {
        let parts: [(String, [String])] = [
            ("normalizer", ["{\"type\": \"Lowercase\"}", "{\"type\": \"NFD\"}", "{\"type\": \"Strip\"}", "null"]),
            (
                "pre_tokenizer",
                ["{\"type\": \"Whitespace\"}", "{\"type\": \"WhitespaceSplit\"}", "{\"type\": \"Punctuation\"}", "null"]
            ),
            ("decoder", ["null", "{\"type\": \"WordPiece\"}"])
        ]
        let (key, texts) = parts[numbers.below(parts.count)]
        guard let value = try? DraftValue(parsing: numbers.pick(texts)) else { return nil }
        root[key] = value
        return "another \(key)"
    }
}
