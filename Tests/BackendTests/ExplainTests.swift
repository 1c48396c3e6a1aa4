import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Every number that `attend explain` shows, against a calculation of its own.
enum ExplainTests {
    /// A figure of a step by its name's beginning.
    private static func vectors(_ story: Explanation, _ step: ExplanationStep, _ name: String) throws -> VectorFigure {
        let figures = try #require(story.steps.first { $0.step == step }).figures
        let found = figures.compactMap { figure in
            if case .vectors(let vectors) = figure, vectors.name.hasPrefix(name) { vectors } else { nil }
        }
        return try #require(found.first, "\(step) \(name)")
    }

    private static func grid(_ story: Explanation, _ step: ExplanationStep, _ name: String) throws -> GridFigure {
        let figures = try #require(story.steps.first { $0.step == step }).figures
        let found = figures.compactMap { figure in
            if case .grid(let grid) = figure, grid.name.hasPrefix(name) { grid } else { nil }
        }
        return try #require(found.first, "\(step) \(name)")
    }

    private static func fact(_ story: Explanation, _ step: ExplanationStep, _ label: String) throws -> Fact.Value {
        let figures = try #require(story.steps.first { $0.step == step }).figures
        let facts = figures.flatMap { figure in if case .facts(let facts) = figure { facts } else { [Fact]() } }
        return try #require(facts.first { $0.label.hasPrefix(label) }, "\(step) \(label)").value
    }

    private static func number(_ story: Explanation, _ step: ExplanationStep, _ label: String) throws -> Double {
        let value = try fact(story, step, label)
        let number: Double? = if case .number(let number) = value { number } else { nil }
        return try #require(number, "\(step) \(label) is \(value)")
    }

    /// Scores of at most 16 in magnitude are sums of 4 products of sums of 16, some 30 roundings of 2⁻²⁴ times 32:
    /// 6·10⁻⁵ on a score is as much of a share, and a second layer has that of the first in what it reads.
    private static func expect(
        _ found: [[Float]], _ expected: [[Double]], _ label: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(found.map(\.count) == expected.map(\.count), "\(label)", sourceLocation: sourceLocation)
        for (row, (left, right)) in zip(found, expected).enumerated() {
            for (column, (value, goal)) in zip(left, right).enumerated() {
                let isNear = Double(value) == goal || abs(Double(value) - goal) <= 2e-4 * (1 + abs(goal))
                #expect(isNear, "\(label)[\(row)][\(column)]: \(value), \(goal)", sourceLocation: sourceLocation)
            }
        }
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("explain tells the right numbers of layer and head", [[0, 0], [0, 1], [1, 0], [1, 1]]) {
            backend, place in
            let story = try Explanation(.madeByHand(), layer: place[0], head: place[1], on: backend)
            let truth = try HandMadeArithmetic()
            let layer = truth.layers[place[0]]
            let head = layer.heads[place[1]]
            #expect(story.steps.map(\.step) == ExplanationStep.allCases)
            #expect(story.model.tokens == truth.words)
            #expect(story.model.ids == truth.ids)
            #expect(story.focus == 3)
            try embeddings(story, truth, layer)
            try scores(story, head)
            try mask(story, head)
            try softmax(story, head)
            try values(story, head)
            try change(story, layer, head, truth.words)
        }

        BackendCheck("explain tells the right numbers of heads, blocks and the prediction") { backend in
            for place in 0..<2 {
                let story = try Explanation(
                    .madeByHand(), layer: place, steps: [.heads, .outputMatrix, .blocks, .prediction], on: backend)
                #expect(story.steps.count == 4)
                let truth = try HandMadeArithmetic()
                let layer = truth.layers[place]
                let deltas = layer.heads.map { $0.delta[3] }
                let heads = try vectors(story, .heads, "changes")
                #expect(heads.labels == ["head 0", "head 1", "their sum", "the block's ΔE"])
                expect(heads.values, deltas + [layer.attention[3], layer.attention[3]], "heads")
                #expect(try number(story, .heads, "largest") <= 1e-6)
                let stapled = try vectors(story, .outputMatrix, "the change")
                expect(stapled.values, [layer.attention[3], layer.attention[3]], "output matrix")
                #expect(try number(story, .outputMatrix, "largest") <= 1e-6)
                #expect(try fact(story, .outputMatrix, "W_O") == .shape([16, 8]))
                try blocks(story, truth)
                try prediction(story, truth)
            }
        }

        BackendCheck("explain tells the right numbers of cross-attention") { backend in
            let story = try Explanation(.madeByHand(), steps: [.crossAttention], on: backend)
            // A pair of one meaning scores 4 · 3 / √6 and all others 0; of "dort", 0.8 of it goes to "is".
            let meanings = [[0: 1.0], [2: 1], [1: 1], [3: 0.8, 5: 1], [4: 1]]
            let pattern = try grid(story, .crossAttention, "pattern")
            #expect(pattern.queries == ["le", "chat", "noir", "dort", "encore"])
            #expect(pattern.keys.count == 7)
            for (query, wanted) in meanings.enumerated() {
                // "le" and "noir" mean a little of "cat", "encore" of "is".
                var scores = [Double](repeating: 0, count: 7)
                for (key, part) in wanted { scores[key] = part * 12 / 6.0.squareRoot() }
                let aside: [Int: (key: Int, part: Double)] = [0: (2, 0.2), 2: (2, 0.2), 4: (3, 0.2)]
                if let more = aside[query] { scores[more.key] = more.part * 12 / 6.0.squareRoot() }
                expect([pattern.values[query]], [HandMadeArithmetic.softmax(scores)], "cross \(query)")
            }
            #expect(try fact(story, .crossAttention, "masked cells") == .count(0))
            let values = try vectors(story, .crossAttention, "values")
            let change = try vectors(story, .crossAttention, "ΔE")
            let mixed = pattern.values.map { row in
                HandMadeArithmetic.mix(row.map(Double.init), values.values.map { $0.map(Double.init) })
            }
            // What comes back is the meaning itself, in the first six numbers.
            expect(change.values, mixed.map { $0 + [0, 0] }, "cross ΔE")
            try #require(values.values.count == 7)
            #expect(values.values.allSatisfy { $0.reduce(0, +) <= 1 })
            #expect(values.labels[1] == "black")
        }
    }

    // MARK: Steps

    private static func embeddings(
        _ story: Explanation, _ truth: HandMadeArithmetic, _ layer: HandMadeArithmetic.Layer
    ) throws {
        expect(try vectors(story, .lookup, "E from").values, truth.table, "lookup")
        #expect(try fact(story, .lookup, "W_E") == .shape([13, 16]))
        expect(try vectors(story, .positions, "P,").values, truth.positions, "positions")
        expect(try vectors(story, .positions, "E with").values, truth.embeddings, "embeddings")
        if story.layer > 0 { expect(try vectors(story, .positions, "the input of layer").values, layer.input, "input") }
    }

    private static func scores(_ story: Explanation, _ head: HandMadeArithmetic.Head) throws {
        expect(try vectors(story, .queriesAndKeys, "queries").values, head.queries, "queries")
        expect(try vectors(story, .queriesAndKeys, "keys").values, head.keys, "keys")
        #expect(try fact(story, .queriesAndKeys, "parameters") == .count(64))
        expect(try grid(story, .products, "q").values, head.products, "products")
        expect(try grid(story, .scale, "scores").values, head.scores, "scores")
        #expect(try fact(story, .scale, "d") == .count(4))
        #expect(try number(story, .scale, "√d") == 2)
        let pattern = try grid(story, .pattern, "pattern")
        expect(pattern.values, head.pattern, "pattern")
        expectNear(pattern.sums, Array(repeating: 1, count: 8), within: 1e-6)
        #expect(pattern.style == .dots)
    }

    private static func mask(_ story: Explanation, _ head: HandMadeArithmetic.Head) throws {
        expect(try grid(story, .mask, "scores").values, head.masked, "masked")
        #expect(try fact(story, .mask, "cells") == .count(64))
        #expect(try fact(story, .mask, "masked cells") == .count(28))
        let (wrong, right) = (try grid(story, .mask, "wrong"), try grid(story, .mask, "right"))
        expect(wrong.values, head.wrong, "wrong")
        expect(right.values, head.pattern, "right")
        expectNear(right.sums, Array(repeating: 1, count: 8), within: 1e-6)
        // What the later words took is missing; the last query has none after it.
        #expect((wrong.sums.min() ?? 1) < 0.99)
        #expect(abs(wrong.sums[7] - 1) <= 1e-6)
        expect([wrong.sums], [head.wrong.map { $0.reduce(0, +) }], "wrong sums")
    }

    private static func softmax(_ story: Explanation, _ head: HandMadeArithmetic.Head) throws {
        let figure = try vectors(story, .softmax, "the query")
        let scores = Array(head.masked[3].prefix(4))
        let largest = scores.max() ?? 0
        let shifted = scores.map { $0 - largest }
        #expect(figure.labels.last == "share")
        #expect(figure.components == ["a", "fluffy", "blue", "creature"])
        expect(figure.values, [scores, shifted, shifted.map { exp($0) }, Array(head.pattern[3].prefix(4))], "softmax")
        #expect(abs(try number(story, .softmax, "sum of the shares") - 1) <= 1e-6)
        // As large as it takes for the largest score to leave float32, which ends before e^89.
        let factor = largest > 0.1 ? max(20, (100 / largest).rounded(.up)) : 20
        #expect(abs(try number(story, .softmax, "\(Int(factor)) × the scores, maximum") - 1) <= 1e-6)
        let naive = try number(story, .softmax, "\(Int(factor)) × the scores, maximum not")
        let sum = scores.reduce(0) { $0 + exp(factor * $1) }
        if largest * factor > 89 {
            #expect(naive == .infinity)
            #expect(try number(story, .softmax, "sum of the shares in").isNaN)
        } else {
            #expect(abs(naive - sum) <= 0.01 * sum)
        }
    }

    private static func values(_ story: Explanation, _ head: HandMadeArithmetic.Head) throws {
        expect(try vectors(story, .values, "values").values, head.values, "values")
        expect(try vectors(story, .values, "what each").values, head.raised, "raised")
        let columns = (0..<16).map { column in head.down.map { $0[column] } }
        #expect(try fact(story, .values, "rank") == .count(rank(HandMadeArithmetic.times(head.up, columns))))
        #expect(try fact(story, .values, "parameters of both") == .count(2 * 4 * 16))
        #expect(try fact(story, .values, "parameters of one square") == .count(16 * 16))
        #expect(try fact(story, .values, "at GPT-3's sizes: both") == .count(2 * 128 * 12_288))
        #expect(try fact(story, .values, "at GPT-3's sizes: square") == .count(12_288 * 12_288))
        #expect(try number(story, .values, "ratio at") == 48)
    }

    private static func change(
        _ story: Explanation, _ layer: HandMadeArithmetic.Layer, _ head: HandMadeArithmetic.Head, _ words: [String]
    ) throws {
        expect(try vectors(story, .change, "ΔE").values, head.delta, "ΔE")
        let figure = try vectors(story, .change, "the vector")
        let sum = zip(layer.input[3], head.delta[3]).map(+)
        expect(figure.values.suffix(3), [head.delta[3], layer.input[3], sum], "E + ΔE")
        // The parts are named by their words and shares.
        for (label, part) in zip(figure.labels, figure.values).dropLast(3) {
            let key = try #require(words.firstIndex { label.hasSuffix("× \($0)") })
            expect([part], [head.raised[key].map { $0 * head.pattern[3][key] }], "part \(label)")
        }
    }

    private static func blocks(_ story: Explanation, _ truth: HandMadeArithmetic) throws {
        let figure = try vectors(story, .blocks, "the vector")
        let parts = truth.layers.flatMap { [$0.attention[3], $0.feedForward[3], $0.hidden[3]] }
        expect(figure.values, [truth.embeddings[3]] + parts, "blocks")
        let length = truth.layers[1].feedForward[3].reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(try number(story, .blocks, "length of the change by MLP 1") - length) <= 2e-4 * (1 + length))
    }

    private static func prediction(_ story: Explanation, _ truth: HandMadeArithmetic) throws {
        expect(try vectors(story, .prediction, "the last").values, [truth.layers[1].hidden[7]], "last")
        let next = try vectors(story, .prediction, "the next")
        let shares = HandMadeArithmetic.softmax(truth.logits[7]).sorted(by: >)
        expect([next.values[1]], [Array(shares.prefix(8))], "shares")
        expect([next.values[0]], [Array(truth.logits[7].sorted(by: >).prefix(8))], "logits")
        #expect(next.components?.first == ".")
        #expect(try fact(story, .prediction, "after \"creature\"") == .text("\"roamed\""))
    }

    /// Rows that are left by elimination, with the largest pivot of each column.
    private static func rank(_ matrix: [[Double]]) -> Int {
        var (rows, rank) = (matrix, 0)
        for column in 0..<(matrix.first?.count ?? 0) {
            let pivot = rows.indices.dropFirst(rank).max { abs(rows[$0][column]) < abs(rows[$1][column]) }
            guard let pivot, abs(rows[pivot][column]) > 1e-9 else { continue }
            rows.swapAt(rank, pivot)
            for row in rows.indices where row > rank {
                let factor = rows[row][column] / rows[rank][column]
                rows[row] = zip(rows[row], rows[rank]).map { $0 - factor * $1 }
            }
            rank += 1
        }
        return rank
    }
}
