import AttendParity

/// Changes to the settings in the name of a parity case: values of other cases, boundaries, one more or less.
struct CaseChanges: SoundChanges {
    private static let file = "case.txt"
    private static let values = [
        "0", "1", "-1", "2", "3", "7", "17", "16777216", "16777217", "1099511627775", "9223372036854775807",
        "-9223372036854775808", "", "scalar", "none", "2x3", "0x3", "1x1x1", "4096x4096", "9223372036854775807x2",
        "0:1",
        "0:-1", "1:0:2", "nan", "inf", "1e30", "-0.0", "float16", "bfloat16", "int32", "int64", "bool", "special",
        "normal"
    ]

    /// Settings that most operations have.
    private static let common = [
        ("seed", ["0", "-1", "7", "1099511627775"]), ("runs", ["1", "3", "10000"]),
        ("dtype", ["float32", "float16", "bfloat16", "int32", "int64", "bool"]),
        ("values", ["special", "wide", "rare", "ties", "tiny", "mask", "large"]),
        ("view", ["strided", "offset", "reversed", "constant", "transposed"])
    ]

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        guard let index = draft.files.firstIndex(where: { $0.path == CaseChanges.file }),
            case .text(let text) = draft.files[index].content, let open = text.firstIndex(of: "["), text.last == "]"
        else { return nil }
        var settings = text[text.index(after: open)...].dropLast().split(separator: ",").map(String.init)
        let what: String
        switch numbers.below(9) {
        case 0 where !settings.isEmpty: what = "without \(settings.remove(at: numbers.below(settings.count)))"
        case 1, 2, 3:
            let (key, values) = CaseChanges.common[numbers.below(CaseChanges.common.count)]
            settings.removeAll { $0.hasPrefix("\(key)=") }
            settings.append("\(key)=\(numbers.pick(values))")
            what = "with \(settings[settings.count - 1])"
        case 4:
            settings.reverse()
            what = "settings in reverse"
        default:
            guard !settings.isEmpty else { return nil }
            let index = numbers.below(settings.count)
            let old = settings[index]
            let parts = old.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            var value = numbers.pick(CaseChanges.values)
            if let number = Int(parts[1]), numbers.chance(0.7) {
                value = "\(numbers.pick([number &+ 1, number &- 1, number / 2, number &* 2]))"
            }
            settings[index] = "\(parts[0])=\(value)"
            what = "\(old) → \(value)"
        }
        draft.files[index].content = .text("\(text[..<open])[\(settings.joined(separator: ","))]")
        // Compatibility of settings is up to the reader.
        return Mutation(file: CaseChanges.file, what: what)
    }
}
