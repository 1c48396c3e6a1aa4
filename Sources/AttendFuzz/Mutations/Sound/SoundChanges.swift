import AttendParity

/// Changes by a file's meaning that keep it valid, so that a case gets past parsing.
protocol SoundChanges: Sendable {
    /// Applies a change; nil if the draft has nothing of the kind.
    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation?
}

extension SoundChanges {
    /// Edits a JSON document of the draft.
    func edit(_ file: String, of draft: inout Draft, _ body: (inout DraftValue) -> String?) -> Mutation? {
        guard case .json(var root)? = draft[file]?.content, let what = body(&root) else { return nil }
        draft.edit(file) { $0 = root }
        return Mutation(file: file, what: what, isSound: true)
    }
}

/// Other spellings of the same JSON: whitespace, escapes, digits, the order of keys.
struct SpellingChanges: SoundChanges {
    /// Whether the order of keys is kept, for files in which it is significant.
    var keepsOrder = false

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        let documents = draft.files.filter { if case .json = $0.content { true } else { false } }
        guard !documents.isEmpty else { return nil }
        let file = numbers.pick(documents).path
        var place: DraftPlace?
        var mutation = edit(file, of: &draft) { root in
            if numbers.chance(0.2) {
                let blanks = SpellingChanges.blanks(&numbers)
                root = .raw(blanks + String(decoding: root.bytes, as: UTF8.self) + blanks)
                return "blanks around it"
            }
            guard let found = root.place(&numbers, leaf: numbers.chance(0.7)) else { return nil }
            place = found
            let (value, what) = respelled(root[found.path[...]], &numbers)
            root[found.path[...]] = value
            return what
        }
        mutation?.place = place
        return mutation
    }

    private func respelled(_ value: DraftValue, _ numbers: inout SeededNumbers) -> (DraftValue, String) {
        switch value {
        case .object(let members) where !keepsOrder && members.count > 1:
            return (.object(members.reversed()), "keys in reverse")
        case .string(let text) where text.utf8.count < 200:
            let isWhole = numbers.chance(0.3)
            let units = text.unicodeScalars.map { scalar in
                isWhole || numbers.chance(0.3) || scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
                    ? SpellingChanges.escaped(scalar) : String(scalar)
            }
            return (.raw("\"\(units.joined())\""), "with escapes")
        case .raw(let text) where text.contains(".") && Double(text) != nil && !text.lowercased().contains("e"):
            return (.raw(text + numbers.pick(["0", "e0", "E+0", "e-0", "000000000000000000000"])), "with more digits")
        default:
            let blanks = SpellingChanges.blanks(&numbers)
            return (.raw(blanks + String(decoding: value.bytes, as: UTF8.self) + blanks), "blanks around it")
        }
    }

    private static func blanks(_ numbers: inout SeededNumbers) -> String {
        String(repeating: numbers.pick([" ", "\n", "\t", "\r\n", " \n\t"]), count: 1 + numbers.below(4))
    }

    /// `\uXXXX`, or two of them for a scalar beyond 16 bits.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        UTF16.encode(scalar)?.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined() ?? String(scalar)
    }
}
