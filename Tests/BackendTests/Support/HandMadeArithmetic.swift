import AttendRuntime
import Foundation
import Testing

/// The two blocks of Examples/Creature, computed with plain loops in double precision: nothing of Attend's but the
/// reader of safetensors.
struct HandMadeArithmetic {
    typealias Matrix = [[Double]]

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples/Creature").path

    struct Head {
        var queries, keys, products, scores, masked, pattern, values, raised, mixed, delta: Matrix
        /// Softmax over all, and zeros only then.
        var wrong: Matrix
        var down, up: Matrix
    }

    struct Layer {
        var input: Matrix
        var heads: [Head]
        var attention, neurons, feedForward, hidden: Matrix
    }

    let words = "a fluffy blue creature roamed the verdant forest".split(separator: " ").map(String.init)
    let ids: [Int]
    let table, positions, embeddings: Matrix
    var layers: [Layer] = []
    let logits: Matrix

    init(file path: String = "\(folder)/creature.safetensors") throws {
        let file = try SafetensorsFile(path)
        func matrix(_ name: String) throws -> Matrix { try file.tensor(named: name).rows().map { $0.map(Double.init) } }
        // In the table's order, as the file of words has it.
        let vocabulary = [
            "a", "the", "fluffy", "blue", "verdant", "creature", "forest", "roamed", "slept", "and", "azure", "furry",
            "."
        ]
        ids = words.map { word in vocabulary.firstIndex(of: word) ?? -1 }
        let rows = try matrix("embeddings/table")
        try #require(rows.count == vocabulary.count && ids.allSatisfy { $0 >= 0 })
        table = ids.map { rows[$0] }
        positions = try Array(matrix("embeddings/position_table").prefix(words.count))
        embeddings = Self.sum(table, positions)
        var hidden = embeddings
        for layer in 0..<2 {
            let name = "layers/\(layer)"
            func weight(_ role: String) throws -> Matrix { try matrix("\(name)/\(role)") }
            let made = try Self.heads(
                hidden, weight("attention/query"), weight("attention/key"), weight("attention/value"),
                weight("attention/output"))
            let attention = Self.sum(made[0].delta, made[1].delta)
            let middle = Self.sum(hidden, attention)
            let neurons = try Self.plus(
                Self.times(middle, weight("feed_forward/up")), weight("feed_forward/up_bias")[0]
            )
            .map { $0.map { max($0, 0) } }
            let feedForward = try Self.plus(
                Self.times(neurons, weight("feed_forward/down")), weight("feed_forward/down_bias")[0])
            let next = Self.sum(middle, feedForward)
            layers.append(
                Layer(
                    input: hidden, heads: made, attention: attention, neurons: neurons, feedForward: feedForward,
                    hidden: next))
            hidden = next
        }
        logits = Self.times(hidden, try matrix("unembedding"))
    }

    private static func heads(
        _ input: Matrix, _ query: Matrix, _ key: Matrix, _ value: Matrix, _ output: Matrix
    ) -> [Head] {
        (0..<2).map { head in
            let rows = (head * 4)..<(head * 4 + 4)
            let (down, up) = (Array(value[rows]), output.map { Array($0[rows]) })
            let queries = times(input, Array(query[rows]))
            let keys = times(input, Array(key[rows]))
            let values = times(input, down)
            let products = times(queries, keys)
            let scores = products.map { $0.map { $0 / 2 } }
            let masked = scores.enumerated().map { i, row in row.enumerated().map { j, s in j <= i ? s : -.infinity } }
            let pattern = masked.map(softmax)
            let wrong = scores.enumerated().map { i, row in softmax(row).enumerated().map { j, p in j <= i ? p : 0 } }
            let raised = times(values, up)
            let mixed = pattern.map { mix($0, values) }
            let delta = pattern.map { mix($0, raised) }
            return Head(
                queries: queries, keys: keys, products: products, scores: scores, masked: masked, pattern: pattern,
                values: values, raised: raised, mixed: mixed, delta: delta, wrong: wrong, down: down, up: up)
        }
    }

    /// `left · rightᵀ`.
    static func times(_ left: Matrix, _ right: Matrix) -> Matrix {
        left.map { row in right.map { other in zip(row, other).reduce(0) { $0 + $1.0 * $1.1 } } }
    }

    static func sum(_ left: Matrix, _ right: Matrix) -> Matrix { zip(left, right).map { zip($0, $1).map(+) } }

    static func plus(_ rows: Matrix, _ bias: [Double]) -> Matrix { rows.map { zip($0, bias).map(+) } }

    static func mix(_ shares: [Double], _ rows: Matrix) -> [Double] {
        (0..<rows[0].count).map { column in zip(shares, rows).reduce(0) { $0 + $1.0 * $1.1[column] } }
    }

    /// By the definition, which is safe for scores this small.
    static func softmax(_ scores: [Double]) -> [Double] {
        let powers = scores.map { exp($0) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
