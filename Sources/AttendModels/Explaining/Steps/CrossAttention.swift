import AttendRuntime

extension Story {
    /// Cross-attention on a handmade pair of sentences.
    func crossAttention() throws -> ExplainedStep {
        let formula = "q_i = W_Q E_i of one text;  k_j = W_K E_j and v_j = W_V E_j of the other"
        let title = "Cross-attention"
        guard model.source.isEmpty else { return try ownCrossAttention(title, formula) }
        guard !model.inputs.keys.contains("input_ids") else {
            return ExplainedStep(
                .crossAttention, title, formula: formula,
                """
                \(model.title) reads a single text here and has no cross-attention; attend explain --step \
                cross-attention shows it on a handmade pair of texts, and --target on a model of two stacks.
                """
            )
        }
        let files = ExampleFiles.bytes
        let graph = try Graph("translate.json", among: files)
        let sentence = try TensorTextFile(named: "sentence.json", bytes: files["sentence.json"] ?? [])
        let (queries, keys) = (sentence.labels["target"] ?? [], sentence.labels["source"] ?? [])
        let names = ["pattern", "keys", "values", "masked_scores"].map { "head.heads.0.\($0)" } + ["head"]
        let inputs = ["french": try sentence.tensor(named: "french"), "english": try sentence.tensor(named: "english")]
        let found = try Program(graph, on: backend).makeSession().run(inputs, capture: names).mapValues {
            try $0.rows()
        }
        let pattern = found["head.heads.0.pattern"] ?? []
        let best = pattern.indices.max { (pattern[$0].max() ?? 0) < (pattern[$1].max() ?? 0) } ?? 0
        let meant = pattern[best].indices.max { pattern[best][$0] < pattern[best][$1] } ?? 0
        let hidden = (found["head.heads.0.masked_scores"] ?? []).joined().count { $0 == -.infinity }
        return ExplainedStep(
            .crossAttention, title, formula: formula,
            """
            Queries come from one text, keys and values from another. The grid is a rectangle, and nothing is masked: \
            "\(queries[best])" attends to "\(keys[meant])" (\(rounded(pattern[best][meant]))). These numbers are \
            handmade too (Examples/CrossAttention).
            """,
            [
                .facts([
                    Fact("queries, keys", .shape([queries.count, keys.count])), Fact("masked cells", .count(hidden))
                ]),
                .grid(
                    GridFigure(
                        "pattern", queries: queries, keys: keys, values: pattern, style: .dots, showsSums: true)),
                .vectors(
                    VectorFigure(
                        "values, from the other text", labels: keys, values: found["head.heads.0.values"] ?? [])),
                .vectors(VectorFigure("ΔE of each query", labels: queries, values: found["head"] ?? []))
            ])
    }

    /// Cross-attention of the model's decoder.
    private func ownCrossAttention(_ title: String, _ formula: String) throws -> ExplainedStep {
        let cross = "\(model.stack)layers.\(layer).cross_attention"
        func ofHead(_ role: String) throws -> [[Float]] { try captures.rows("\(cross).heads.\(head).\(role)") }
        let pattern = try ofHead("pattern")
        let hidden = try ofHead("masked_scores").joined().count { $0 == -.infinity }
        let best = pattern[focus].indices.max { pattern[focus][$0] < pattern[focus][$1] } ?? 0
        return ExplainedStep(
            .crossAttention, title, formula: formula,
            """
            Queries come from the decoder's text, keys and values from the encoder's last vectors. The grid is a \
            rectangle: \(quoted(focus)) attends most to "\(model.source[best])" (\(rounded(pattern[focus][best]))).
            """,
            [
                .facts([
                    Fact("queries, keys", .shape([pattern.count, pattern.first?.count ?? 0])),
                    Fact("masked cells", .count(hidden))
                ]),
                .grid(
                    GridFigure(
                        "pattern", queries: tokens, keys: model.source, values: pattern, style: .dots, showsSums: true)),
                .vectors(
                    VectorFigure("values, from the other text", labels: model.source, values: try ofHead("values"))),
                .vectors(VectorFigure("ΔE of each query", labels: tokens, values: try captures.rows(cross)))
            ])
    }
}
