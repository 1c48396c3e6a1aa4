import AttendRuntime

extension Story {
    /// The values, by value-down and value-up.
    func values() throws -> ExplainedStep {
        let values = try ofHead("values")
        var figures: [Figure] = []
        if let down = try matrix(.value), let up = try matrix(.output) {
            figures = [.facts(try factors(down, up)), vectors("values", values)]
            let inputs = ["values": try SmallGraph.tensor(values), "up": try SmallGraph.tensor(up)]
            let raised = try SmallGraph.run(inputs, on: backend) { values throws(GraphError) in
                guard let value = values["values"], let up = values["up"] else { return [:] }
                return ["raised": try value.linear(weight: up)]
            }
            figures.append(
                vectors(
                    "what each would add if it got all the attention", raised["raised"] ?? [],
                    components: model.features))
        }
        let isBiased = layerAttention?.isBiased("value") ?? false
        return ExplainedStep(
            .values, "Values, down and up",
            formula: "v_j = W_V↓ E_j\(isBiased ? " + b_V" : "");  added: W_V↑ v_j",
            """
            The value is what a word adds to the words that attend to it. The value map is factored into two thin \
            matrices, down to a small space and back up: fewer parameters, and a rank no larger than the dimension of \
            that space.
            """,
            figures)
    }

    private func factors(_ down: [[Float]], _ up: [[Float]]) throws -> [Fact] {
        let (small, width, read) = (down.count, up.count, down.first?.count ?? 0)
        let (square, factored) = (width * read, small * read + width * small)
        var facts = [
            Fact("W_V↓ (value-down) [value dimension, width]", .shape([small, read])),
            Fact("W_V↑ (value-up) [width, value dimension]", .shape([width, small])),
            Fact("rank of W_V↑ W_V↓", .count(MatrixRank.ofProduct(up, down))),
            Fact("parameters of both matrices", .count(factored)),
            Fact("parameters of one square matrix", .count(square))
        ]
        if let block = try Preset.builtIn("gpt3-attention-block") {
            let model = try CountableModel(block)
            if let shape = ParameterCount(model.graph, declaredWeights: model.declaredWeights).attentions.first?.shape {
                let (large, thin) = (shape.squareValueMap.reduce(1, *), shape.factoredValueMapCount)
                facts += [
                    Fact("at GPT-3's sizes: both", .count(thin)), Fact("at GPT-3's sizes: square", .count(large)),
                    Fact("ratio at GPT-3's sizes", .number(Double(large) / Double(thin)))
                ]
            }
        }
        return facts
    }

    /// The change of the focused vector, and of all vectors.
    func change() throws -> ExplainedStep {
        let (pattern, delta) = (try ofHead("pattern"), try ofHead("delta"))
        let embedding = try captures.rows(input)
        var labels: [String] = []
        var rows: [[Float]] = []
        if let up = try matrix(.output) {
            // Keys with a visible share.
            let keys = pattern[focus].indices.filter { pattern[focus][$0] >= 0.005 }
                .sorted { (pattern[focus][$1], $0) < (pattern[focus][$0], $1) }.prefix(6)
            let values = try ofHead("values")
            let inputs = [
                "shares": try SmallGraph.tensor(keys.map { [pattern[focus][$0]] }),
                "values": try SmallGraph.tensor(keys.map { values[$0] }), "up": try SmallGraph.tensor(up)
            ]
            let parts = try SmallGraph.run(inputs, on: backend) { values throws(GraphError) in
                guard let shares = values["shares"], let value = values["values"], let up = values["up"] else {
                    return [:]
                }
                return ["parts": try value.linear(weight: up) * shares]
            }
            labels = keys.map { "\(rounded(pattern[focus][$0])) × \(shown($0))" }
            rows = parts["parts"] ?? []
        }
        let sum = zip(embedding[focus], delta[focus]).map(+)
        let figure = VectorFigure(
            "the vector of \(quoted(focus))", labels: labels + ["ΔE", "E", "E + ΔE"], components: model.features,
            values: rows + [delta[focus], embedding[focus], sum], isSparse: model.features != nil)
        return ExplainedStep(
            .change, "The change ΔE, and E + ΔE", formula: "ΔE_i = Σ_j pattern_ij W_V↑ v_j;  E_i ← E_i + ΔE_i",
            """
            The values, weighted by the attention pattern, sum to the change ΔE that this head proposes. Added to E \
            in the residual stream, it gives a richer vector: \(quoted(focus)) in the light of its context.
            """,
            [.vectors(figure), vectors("ΔE of every token", delta, components: model.features)])
    }
}
