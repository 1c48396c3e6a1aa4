import AttendRuntime

extension Story {
    /// Several heads with the sum of their changes.
    func heads() throws -> ExplainedStep {
        let deltas = try captures.heads("\(attention).delta", count: headCount)
        let patterns = try captures.heads("\(attention).pattern", count: headCount)
        let whole = try captures.rows(attention)
        let bias = try layerAttention?.weights["output_bias"]?.tensor().floats()
        var labels = (0..<headCount).map { "head \($0)" }
        var rows = deltas.map { $0[focus] }
        if let bias {
            labels.append("bias")
            rows.append(bias)
        }
        let sum = try summed(rows)
        let facts = patterns.enumerated().map { index, pattern in
            let query = strongest(pattern)
            return Fact("head \(index)", .text(attends(query, pattern[query])))
        }
        return ExplainedStep(
            .heads, "Many heads", formula: "ΔE_i = ΔE_i of head 0 + ΔE_i of head 1 + …",
            """
            Several heads run in parallel and ask different questions, each with its own attention pattern and its \
            own change ΔE. The block adds up all the changes.
            """,
            [
                .facts(facts),
                vectors(
                    "changes of \(quoted(focus))", rows + [sum, whole[focus]],
                    labels: labels + ["their sum", "the block's ΔE"], components: model.features),
                .facts([Fact("largest difference between the two", .number(largestDifference([sum], [whole[focus]])))])
            ])
    }

    /// The query with the largest share on another token; the focused one if no share is large.
    private func strongest(_ pattern: [[Float]]) -> Int {
        let others = pattern.indices.map { query in
            pattern[query].indices.filter { $0 != query }.map { pattern[query][$0] }.max() ?? 0
        }
        guard others[focus] < 0.5, let best = others.indices.max(by: { others[$0] < others[$1] }) else { return focus }
        return best
    }

    private func summed(_ rows: [[Float]]) throws -> [Float] {
        let results = try SmallGraph.run(["rows": SmallGraph.tensor(rows)], on: backend) { values throws(GraphError) in
            guard let rows = values["rows"] else { return [:] }
            return ["sum": try rows.sum(axes: [0], keepDimensions: true)]
        }
        return results["sum"]?.first ?? []
    }

    func largestDifference(_ left: [[Float]], _ right: [[Float]]) -> Double {
        zip(left, right).reduce(0) { worst, rows in
            zip(rows.0, rows.1).reduce(worst) { max($0, abs(Double($1.0) - Double($1.1))) }
        }
    }

    /// The value-up matrices of all heads, concatenated to the output matrix.
    func outputMatrix() throws -> ExplainedStep {
        let mixed = try captures.heads("\(attention).mixed", count: headCount)
        let deltas = try captures.heads("\(attention).delta", count: headCount)
        guard let matrix = layerAttention?.weights["output_weight"] else {
            return ExplainedStep(
                .outputMatrix, "The output matrix", formula: "W_O = [W_V↑ of head 0 | …]",
                "This graph has no output matrix.")
        }
        // The heads' values side by side, as the output matrix reads them.
        let stacked = tokens.indices.map { token in mixed.flatMap { $0[token] } }
        let inputs = ["mixed": try SmallGraph.tensor(stacked), "matrix": try matrix.tensor().rounded(to: .float32)]
        let stapled =
            try SmallGraph.run(inputs, on: backend) { values throws(GraphError) in
                guard let mixed = values["mixed"], let matrix = values["matrix"] else { return [:] }
                return ["out": try mixed.linear(weight: matrix)]
            }["out"] ?? []
        let summed = tokens.indices.map { token in
            deltas.reduce([Float](repeating: 0, count: stapled[token].count)) { zip($0, $1[token]).map(+) }
        }
        let isBiased = layerAttention?.isBiased("output") ?? false
        return ExplainedStep(
            .outputMatrix, "The output matrix", formula: "W_O = [W_V↑ of head 0 | W_V↑ of head 1 | …]",
            """
            Papers don't write separate value-up matrices: stapled together, they form the one output matrix of the \
            block, and "the value matrix" of a head then means value-down only. Both forms give the same numbers
            """
                + (isBiased ? "; the output bias of the block belongs to no head and is left out of both." : "."),
            [
                .facts([
                    Fact("W_V↑ of each head [width, value dimension]", .shape(weight(.output) ?? [])),
                    Fact("heads", .count(headCount)),
                    Fact("W_O [width, heads × value dimension]", .shape(matrix.shape)),
                    Fact("largest difference, all tokens", .number(largestDifference(summed, stapled)))
                ]),
                vectors(
                    "the change of \(quoted(focus))", [summed[focus], stapled[focus]],
                    labels: ["Σ of heads", "one W_O"], components: model.features)
            ])
    }
}
