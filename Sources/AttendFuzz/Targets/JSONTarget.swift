import AttendParity
import AttendRuntime
import Foundation

/// JSON texts, compared with Foundation's parser.
struct JSONTarget: FuzzTarget {
    private static let texts = [
        "{\"a\": 1, \"b\": [true, false, null], \"c\": {\"d\": \"e\"}, \"\": -0.5e-3}", "[]", "{}", "\"x\"", "0",
        "-12.5e+2",
        "[1, 2.5, 1e10, 123456789012345678, 0.1, -0]", "{\"é\": \"\\u00e9\", \"e\\u0301\": \"\\ud83d\\ude00\"}",
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
            other: 12, nudge: 18, consistent: 9, structure: 12, boundary: 10, bytes: 14, file: 1, sound: 48)
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let bytes: [UInt8]
        do {
            bytes = try InputFile.contents(of: trial.path("a.json"), limit: 1 << 24)
        } catch {
            throw FuzzError("\(error)")
        }
        let outcome = Result<JSONValue, JSONError> { () throws(JSONError) in try JSONValue(parsing: bytes) }
        let complaint = JSONPeer.complaint(outcome, bytes)
        try trial.require(complaint == nil, complaint ?? "")
        let value: JSONValue
        do {
            value = try outcome.get()
        } catch {
            throw FuzzError("\(trial.path("a.json")): \(error)")
        }
        try trial.read {}
        for pretty in [false, true] {
            let again = try trial.must("a value can't be written and read again") {
                try JSONValue(parsing: value.serialized(pretty: pretty))
            }
            try trial.require(again == value, "a value changes when it is written and read again")
        }
    }
}
