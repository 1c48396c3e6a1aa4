import AttendRuntime

extension Story {
    /// The grid of dot products.
    func products() throws -> ExplainedStep {
        let products = try ofHead("products")
        let best = products[focus].indices.max { products[focus][$0] < products[focus][$1] } ?? 0
        return ExplainedStep(
            .products, "The grid of dot products", formula: "q_i · k_j for each pair",
            """
            Every query meets every key in a dot product: the larger it is, the better the key matches the query. The \
            query of \(quoted(focus)) has its largest dot product with the key of \(quoted(best)).
            """,
            [grid("q · k", products)])
    }

    /// The scale 1/√d, or the model's own.
    func scale() throws -> ExplainedStep {
        let dimension = try ofHead("queries").first?.count ?? 1
        let scale = layerAttention?.scale
        let root = Double(dimension).squareRoot()
        var more = ""
        if layerAttention?.softCap != nil { more += " Large scores are capped smoothly, by tanh." }
        if layerAttention?.hasBias ?? false { more += " A number of its own is added to the score of each pair." }
        return ExplainedStep(
            .scale, "Divided by √d", formula: "score = \(scoreFormula)",
            (scale == nil
                ? """
                Dot products grow with the number of dimensions. Dividing by √d keeps the scores small enough for \
                softmax to spread its weight over several keys.
                """
                : "This model uses its own scale instead of 1/√d.") + more,
            [
                .facts([Fact("d", .count(dimension)), Fact("√d", .number(root))]),
                grid("scores", try ofHead("scores"))
            ])
    }

    /// `cap tanh(q · k / √d / cap) + bias`, as far as the model does so.
    private var scoreFormula: String {
        var text = layerAttention?.scale.map { $0 == 1 ? "q · k" : "\($0) q · k" } ?? "q · k / √d"
        if let cap = layerAttention?.softCap { text = "\(cap) tanh(\(text) / \(cap))" }
        return layerAttention?.hasBias ?? false ? "\(text) + bias" : text
    }

    /// The mask, and the error of masking after softmax.
    func mask() throws -> ExplainedStep {
        let masked = try ofHead("masked_scores")
        let visible = masked.map { $0.map { $0 != -.infinity } }
        let hidden = visible.joined().count { !$0 }
        guard hidden > 0 else {
            return ExplainedStep(
                .mask, "The mask", formula: "score = −∞ where a key is masked",
                masked.count == 1
                    ? "Nothing is masked here: there is only one token, and nothing comes after it."
                    : """
                    Nothing is masked here: in an encoder, every token attends to all others, including later ones. A \
                    model that predicts the next word must mask those.
                    """,
                [.facts([Fact("masked cells", .count(0))]), grid("scores after the mask", masked)])
        }
        let wrong = try zeroedAfterSoftmax(visible)
        let isCausal = layerAttention?.isCausal ?? false
        let isWindow = visible.enumerated().contains { i, row in row.prefix(i).contains(false) }
        let what =
            !isCausal
            ? "score = −∞ where the key is far from the query"
            : isWindow
                ? "score = −∞ where the key comes after the query (j > i), or far before it"
                : "score = −∞ where the key comes after the query (j > i)"
        let why =
            !isCausal
            ? "In this layer, a query sees the nearest keys only. The score of a hidden key"
            : isWindow
                ? """
                A later word must not give the answer away to an earlier one, and in this layer, a query sees the nearest \
                keys only. The score of a hidden key
                """
                : "A later word must not give the answer away to an earlier one. Its score"
        let hiddenWords = isCausal && !isWindow ? "later words" : "hidden words"
        return ExplainedStep(
            .mask, "The mask", formula: what,
            """
            \(why) is set to −∞ before softmax, so its share becomes 0 and the other shares still sum to 1. Writing zeros \
            after softmax is too late: the \(hiddenWords) have already taken their shares, and the rest no longer sums \
            to 1.
            """,
            [
                .facts([
                    Fact("cells", .count(masked.count * (masked.first?.count ?? 0))),
                    Fact("masked cells", .count(hidden))
                ]),
                grid("scores after the mask", masked),
                grid("wrong: zeros after softmax", wrong, showsSums: true),
                grid("right: −∞ before softmax", try ofHead("pattern"), showsSums: true)
            ])
    }

    /// Softmax over all keys with masked cells set to zero afterwards: the wrong order.
    private func zeroedAfterSoftmax(_ visible: [[Bool]]) throws -> [[Float]] {
        let keep = visible.map { $0.map { $0 ? Float(1) : 0 } }
        let inputs = ["scores": try SmallGraph.tensor(ofHead("scores")), "keep": try SmallGraph.tensor(keep)]
        let results = try SmallGraph.run(inputs, on: backend) { values throws(GraphError) in
            guard let scores = values["scores"], let keep = values["keep"] else { return [:] }
            return ["wrong": try scores.softmax() * keep]
        }
        return results["wrong"] ?? []
    }

    /// Softmax for the focused query, number by number.
    func softmax() throws -> ExplainedStep {
        let scores = try ofHead("masked_scores")[focus]
        let seen = scores.indices.filter { scores[$0] != -.infinity }
        // Large enough for e^score to overflow without subtracting the maximum: e⁸⁹ is beyond float32.
        let largest = seen.map { Double(scores[$0]) }.max() ?? 0
        let factor = largest > 0.1 ? max(20, (100 / largest).rounded(.up)) : 20
        let results = try softmaxSteps(seen.map { scores[$0] }, factor)
        func row(_ name: String) -> [Float] { results[name]?.first ?? [] }
        let naive = row("naive sum").first ?? 0
        return ExplainedStep(
            .softmax, "Softmax", formula: "share_j = e^(score_j − max) / Σ e^(score − max)",
            """
            Softmax turns the scores of a query into shares that sum to 1, most of it on the largest scores. \
            Subtracting the maximum first changes no share, but without it e^score overflows as soon as scores are \
            large.
            """,
            [
                .vectors(
                    VectorFigure(
                        "the query of \(quoted(focus))",
                        labels: ["score", "score − max", "e^(score − max)", "share"],
                        components: seen.map { tokens[$0] },
                        values: [row("score"), row("shifted"), row("exponential"), row("share")])),
                .facts([
                    Fact("sum of the shares", .number(Double(row("sum").first ?? 0))),
                    Fact(
                        "\(Int(factor)) × the scores, maximum subtracted: sum of the shares",
                        .number(Double(row("large sum").first ?? 0))),
                    Fact("\(Int(factor)) × the scores, maximum not subtracted: Σ e^score", .number(Double(naive))),
                    Fact("sum of the shares in that case", .number(Double(row("naive shares").first ?? 0)))
                ])
            ])
    }

    private func softmaxSteps(_ scores: [Float], _ factor: Double) throws -> [String: [[Float]]] {
        try SmallGraph.run(["score": SmallGraph.tensor([scores])], on: backend) { values throws(GraphError) in
            guard let score = values["score"] else { return [:] }
            func sum(_ value: Value) throws(GraphError) -> Value { try value.sum(axes: [1], keepDimensions: true) }
            func shifted(_ value: Value) throws(GraphError) -> Value {
                try value - value.max(axes: [1], keepDimensions: true)
            }
            let exponential = try shifted(score).exp()
            let share = try exponential / sum(exponential)
            let large = try score * factor
            let naive = try large.exp()
            return [
                "score": score, "shifted": try shifted(score), "exponential": exponential, "share": share,
                "sum": try sum(share), "large sum": try sum(large.softmax()), "naive sum": try sum(naive),
                "naive shares": try sum(naive / sum(naive))
            ]
        }
    }

    /// The attention pattern.
    func pattern() throws -> ExplainedStep {
        let pattern = try ofHead("pattern")
        let isMasked = try ofHead("masked_scores").joined().contains(-.infinity)
        return ExplainedStep(
            .pattern, "The attention pattern",
            formula: "pattern = softmax(\(patternFormula)\(isMasked ? " + mask" : ""))",
            """
            \(attends(focus, pattern[focus])). The larger a dot, the more the query attends to the key. The grid has \
            one cell for every pair of tokens, so it grows with the square of the context: that is why long contexts \
            are costly (attend count gpt3).
            """,
            [grid("pattern", pattern, style: .dots, showsSums: true)])
    }

    /// The formula of all scores.
    private var patternFormula: String { scoreFormula.replacing("q · k", with: "Q Kᵀ") }

    /// `"creature" attends to "blue" (0.61) and "fluffy" (0.39)`.
    func attends(_ query: Int, _ shares: [Float]) -> String {
        let strongest = shares.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }.prefix(3)
            .filter { shares[$0] >= 0.1 || shares[$0] == shares.max() }
        let parts = strongest.map { "\(quoted($0)) (\(rounded(shares[$0])))" }
        let list =
            parts.count > 1
            ? parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1] : parts.joined()
        return "\(quoted(query)) attends to \(list)"
    }

    /// A share with two decimals.
    func rounded(_ share: Float) -> String {
        let hundredths = Int((Double(share) * 100).rounded())
        let digits = String(hundredths % 100)
        return "\(hundredths / 100).\(digits.count < 2 ? "0" : "")\(digits)"
    }
}
