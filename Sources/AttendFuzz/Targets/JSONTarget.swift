import AttendCore
import AttendParity
import Foundation

/// JSON texts, held against Foundation's reader.
struct JSONTarget: FuzzTarget {
    private static let texts = [
        "{\"a\": 1, \"b\": [true, false, null], \"c\": {\"d\": \"e\"}, \"\": -0.5e-3}", "[]", "{}", "\"x\"", "0",
        "-12.5e+2",
        "[1, 2.5, 1e10, 123456789012345678, 0.1, -0, 1E400]", "{\"é\": \"\\u00e9\", \"e\\u0301\": \"\\ud83d\\ude00\"}",
        "[[[[[[\"deep\"]]]]], {\"k\": {\"k\": {\"k\": []}}}]", "  \n\t[ 1 ,\r 2 ]  ",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\"", "null"
    ]

    func seeds() throws -> [Draft] {
        JSONTarget.texts.map { text in
            let value = try? DraftValue(parsing: text)
            return Draft([DraftFile("a.json", value.map { .json($0) } ?? .bytes(Array(text.utf8)))])
        }
    }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 16, nudge: 22, consistent: 12, structure: 16, boundary: 12, bytes: 20, file: 1)
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let bytes: [UInt8]
        do {
            bytes = try InputFile.contents(of: trial.path("a.json"), limit: 1 << 24)
        } catch {
            throw FuzzError("\(error)")
        }
        let peer = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            // What we refuse and Foundation takes: keys that stand twice, depth, what is beyond the range of a number, and commas
            // before the end of a list or an object.
            let ours = [
                "stands twice", "nested more than", "beyond the range", "surrogate", "UTF-8", "byte",
                "expected a value, found \"]\"", "found \"}\""
            ]
            try trial.require(
                peer == nil || ours.contains { "\(error)".contains($0) }, "Foundation reads what is refused: \(error)")
            throw FuzzError("\(trial.path("a.json")): \(error)")
        }
        try trial.read {}
        try trial.require(peer != nil, "Foundation refuses what is read")
        for pretty in [false, true] {
            let again = try trial.must("what was read can't be written and read") {
                try JSONValue(parsing: value.serialized(pretty: pretty))
            }
            try trial.require(again == value, "what was read changes when it is written and read")
        }
    }
}
