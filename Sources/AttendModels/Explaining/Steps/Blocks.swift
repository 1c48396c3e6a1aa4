import AttendRuntime

extension Story {
    /// Stacked blocks with MLPs.
    func blocks() throws -> ExplainedStep {
        var labels = ["E"]
        var rows = [try captures.rows("embeddings")[focus]]
        var facts: [Fact] = []
        for index in 0..<model.layerCount {
            let name = "layers.\(index)"
            for (capture, label) in [
                ("attention", "+ attention \(index)"), ("feed_forward", "+ MLP \(index)"),
                ("hidden", "after block \(index)")
            ] where captures.has("\(name).\(capture)") {
                let vector = try captures.rows("\(name).\(capture)")[focus]
                labels.append(label)
                rows.append(vector)
                if capture != "hidden" {
                    facts.append(Fact("length of the change by \(label.dropFirst(2))", .number(Story.length(vector))))
                }
            }
        }
        let evens = captures.has("layers.0.attention_norm")
        return ExplainedStep(
            .blocks, "Blocks on top of each other", formula: "E ← E + ΔE of attention;  E ← E + MLP(E);  and again",
            "After the words have talked, an MLP works on each vector alone: what meets in one vector becomes a new meaning. Block on block, what a word knows travels farther"
                + (evens ? "; this model evens its vectors out after each sum." : "."),
            [vectors("the vector of \(quoted(focus))", rows, labels: labels, components: model.features), .facts(facts)]
        )
    }

    /// The prediction from the last vector.
    func prediction() throws -> ExplainedStep {
        let last = tokens.count - 1
        let vector = try captures.rows("layers.\(model.layerCount - 1).hidden")[last]
        if captures.has("logits"), isCausal {
            let logits = try captures.rows("logits")[last]
            let shares =
                try SmallGraph.run(["logits": SmallGraph.tensor([logits])], on: backend) { values throws(GraphError) in
                    guard let logits = values["logits"] else { return [:] }
                    return ["shares": try logits.softmax()]
                }["shares"]?.first ?? []
            let firsts = try captures.rows("logits").map { logits in
                logits.indices.max { logits[$0] < logits[$1] } ?? 0
            }
            let prefixes = tokens.indices.prefix(24).map {
                Fact("after \(quoted($0))", .text("\"\(word(firsts[$0]))\""))
            }
            let best = shares.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }.prefix(8)
            return ExplainedStep(
                .prediction, "The last vector predicts", formula: "P(next word) = softmax(W_U E_last)",
                "The last vector, \(quoted(last)) in the light of all that stands before it, meets a vector of each word; softmax makes shares of what comes out. The most likely next word: \"\(word(best.first ?? 0))\".",
                [
                    vectors("the last vector", [vector], labels: [tokens[last]], components: model.features),
                    .vectors(
                        VectorFigure(
                            "the next word", labels: ["logit", "share"], components: best.map(word),
                            values: [best.map { logits[$0] }, best.map { shares[$0] }])),
                    .facts(
                        [Fact("each place predicts in the same run", .text("the mask made them see no more than this"))]
                            + prefixes)
                ])
        }
        var figures = [vectors("the last vector", [vector], labels: [tokens[last]], components: model.features)]
        let hasEmbedding = captures.has("sentence_embedding")
        let isPlainMean = model.pooling == "mean, of length 1"
        if hasEmbedding {
            figures.append(
                vectors("the text's vector", try captures.rows("sentence_embedding"), labels: [model.pooling]))
        }
        return ExplainedStep(
            .prediction, hasEmbedding ? "The last vectors make one for the text" : "The last vector",
            formula: !hasEmbedding
                ? "E_i, after the last block"
                : isPlainMean ? "E_text = Σ_i E_i / |Σ_i E_i|" : "E_text = the model's pooling of all E_i",
            "An encoder predicts no next word, as its tokens have seen what follows"
                + (!hasEmbedding
                    ? "."
                    : isPlainMean
                        ? "; the mean of its last vectors stands for the whole text."
                        : "; what the model makes of its last vectors (\(model.pooling)) stands for the whole text."),
            figures)
    }

    private func word(_ row: Int) -> String { model.vocabulary(row) ?? "row \(row)" }
}
