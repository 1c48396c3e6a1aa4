import AttendRuntime

extension Story {
    /// Stacked blocks with MLPs.
    func blocks() throws -> ExplainedStep {
        var labels = ["E"]
        var rows = [try captures.rows(model.embeddings)[focus]]
        var facts: [Fact] = []
        for index in 0..<model.layerCount {
            let name = "\(model.stack)layers.\(index)"
            for (capture, label) in [
                ("attention", "+ attention \(index)"), ("cross_attention", "+ cross-attention \(index)"),
                ("feed_forward", "+ MLP \(index)"),
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
        // The norm before attention has the same name as the one after it.
        let evens = captures.has("\(model.stack)layers.0.attention_norm") && model.normalizesAfterSums
        return ExplainedStep(
            .blocks, "Stacked blocks", formula: "E ← E + ΔE of attention;  E ← E + MLP(E);  and so on",
            """
            Attention moves information between words; an MLP then works on each vector alone and combines what it \
            has gathered. Block after block, the residual stream carries a richer meaning
            """
                + (evens ? "; this model normalizes its vectors after each sum." : "."),
            [vectors("the vector of \(quoted(focus))", rows, labels: labels, components: model.features), .facts(facts)]
        )
    }

    /// The prediction from the last vector.
    func prediction() throws -> ExplainedStep {
        let last = tokens.count - 1
        let vector = try captures.rows("\(model.stack)layers.\(model.layerCount - 1).hidden")[last]
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
                """
                The last vector, \(quoted(last)) in the light of everything before it, is compared with one vector \
                for each word of the vocabulary; softmax turns these logits into probabilities. The most likely next \
                word: "\(word(best.first ?? 0))".
                """,
                [
                    vectors("the last vector", [vector], labels: [tokens[last]], components: model.features),
                    .vectors(
                        VectorFigure(
                            "the next word", labels: ["logit", "share"], components: best.map(word),
                            values: [best.map { logits[$0] }, best.map { shares[$0] }])),
                    .facts(
                        [
                            Fact(
                                "every position predicts in the same run",
                                .text("the mask limits each to the words up to it"))
                        ]
                            + prefixes)
                ])
        }
        var figures = [vectors("the last vector", [vector], labels: [tokens[last]], components: model.features)]
        let hasEmbedding = captures.has("sentence_embedding")
        let isPlainMean = model.pooling == "mean, normalized"
        if hasEmbedding {
            figures.append(
                vectors("the text's vector", try captures.rows("sentence_embedding"), labels: [model.pooling]))
        }
        return ExplainedStep(
            .prediction, hasEmbedding ? "From the last vectors to one for the text" : "The last vector",
            formula: !hasEmbedding
                ? "E_i, after the last block"
                : isPlainMean ? "E_text = Σ_i E_i / |Σ_i E_i|" : "E_text = the model's pooling of all E_i",
            "An encoder does not predict the next word, because its tokens have already seen what follows"
                + (!hasEmbedding
                    ? "."
                    : isPlainMean
                        ? "; the mean of its last vectors represents the whole text."
                        : "; its pooling of the last vectors (\(model.pooling)) represents the whole text."),
            figures)
    }

    private func word(_ row: Int) -> String { model.vocabulary(row) ?? "row \(row)" }
}
