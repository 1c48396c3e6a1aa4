import AttendParity

/// Boundary values of arithmetic, readers and limits.
enum BoundaryValues {
    /// Parts of a grown array.
    static let partLimit = 1_000_000

    static let integers = [
        "9223372036854775807", "-9223372036854775808", "9223372036854775806", "9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "4611686018427387904", "2147483647", "2147483648",
        "-2147483648", "4294967296", "1000000000000", "1048577", "65536", "512", "0", "-1", "1", "-0"
    ]

    static let numbers = [
        "1e308", "-1e308", "1e-308", "5e-324", "1e400", "1E400", "-1e400", "1e-400", "0.0", "-0.0", "0.5", "3.0",
        "1e18", "1e19", "1e-12", "NaN",
        "Infinity", "-Infinity", "1.", ".5", "01", "+1", "0x10", "1e", "3.4028236e38", "65520",
        "0.1000000000000000055511151231257827021181583404541015625"
    ]

    /// Texts that are not JSON, or of another kind than expected.
    static let fragments = [
        "null", "true", "false", "{}", "[]", "\"\"", "[null]", "[[]]", "{\"\": null}", "nul", "True", "'a'",
        "undefined",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\x41\"", "\"\\ud83d\\ude00\"", "\"\t\"", "/* */ 1", ""
    ]

    static let strings = [
        "", " ", "\0", "a\nb", "..", ".", "/", "../model.safetensors", "/dev/null", "/dev/zero", "a/b", "a.b", "a.v2",
        "x.v999999999999999999999",
        "nan", "inf", "-inf", "null", "true", "0", "-1", "9223372036854775807", "float64", "float32", "int8",
        "\u{FEFF}", "\u{200D}", "\u{301}", "e\u{301}", "é", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "İ", "ß",
        "\u{FFFF}",
        "\u{10FFFF}", "\u{202E}abc", "\u{1B}[2J", "%s%n", "{}", "🏳️‍🌈", "\u{AC00}\u{11A8}", "ﬁ", "Ǆ", "[UNK]", "##",
        "[CLS]"
    ]

    /// Sizes of shapes, as texts.
    static let sizes = [
        "n", "n + 1", "n - 1", "2 * n", "n / 2", "n / 0", "0 / n", "-n", "n * n", "n - n", "(n", "n)", "n n", "n +",
        "1 / n",
        "n / n", "9223372036854775807 * n", "n * 9223372036854775807", "n / 9223372036854775807",
        "9223372036854775807 + n", "4611686018427387904 * 2", "9223372036854775808", "--n", "m * n / m", "n % 2", "ñ",
        "_", "1n"
    ]

    /// A product of sums, with 2ⁿ terms when expanded.
    static func product(of count: Int) -> String {
        (0..<count).map { "(a\($0)+b\($0))" }.joined(separator: "*")
    }

    /// A text of great length or depth.
    static func long(_ numbers: inout SeededNumbers) -> DraftValue {
        switch numbers.below(9) {
        case 0: return .string(String(repeating: "a", count: 100_000))
        case 1: return .string(String(repeating: "\u{301}", count: 20_000))
        case 2: return .string(String(repeating: "🏳️‍🌈", count: 5_000))
        case 3: return .raw(String(repeating: "[", count: 400) + String(repeating: "]", count: 400))
        case 4: return .raw(String(repeating: "[", count: 100_000))
        case 5: return .raw(String(repeating: "{\"a\":", count: 450) + "1" + String(repeating: "}", count: 450))
        case 6: return .string(product(of: 4 + numbers.below(20)))
        case 7: return .string(String(repeating: "(", count: 5_000) + "n" + String(repeating: ")", count: 5_000))
        default: return .raw(String(repeating: "9", count: 10_000))
        }
    }

    static func value(_ numbers: inout SeededNumbers) -> DraftValue {
        switch numbers.below(12) {
        case 0...4: .raw(numbers.pick(integers))
        case 5...6: .raw(numbers.pick(BoundaryValues.numbers))
        case 7...8: .string(numbers.pick(strings))
        case 9: .string(numbers.pick(sizes))
        case 10: .raw(numbers.pick(fragments))
        default: long(&numbers)
        }
    }
}
