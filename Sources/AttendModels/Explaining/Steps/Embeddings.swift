import AttendRuntime

extension Story {
    /// The embedding lookup.
    func lookup() throws -> ExplainedStep {
        let rows = tokens.indices.map { "\(shown($0)) \(model.ids[$0])" }.uniqued()
        return ExplainedStep(
            .lookup, "The embedding lookup", formula: "E_i = W_E[token i]",
            """
            Each token is looked up in the embedding table: \(quoted(focus)) is always row \(model.ids[focus]), \
            whatever its context.
            """,
            [
                .facts([
                    Fact("W_E, the embedding table [vocabulary, width]", .shape(model.table?.shape ?? [])),
                    Fact("rows", .text(rows.prefix(24).joined(separator: ", ") + (rows.count > 24 ? ", …" : "")))
                ]),
                vectors(
                    "E from the table", try captures.rows("\(model.stack)embeddings.tokens"), components: model.features
                )
            ])
    }

    /// Position embeddings, and other embeddings that the model adds.
    func positions() throws -> ExplainedStep {
        var figures: [Figure] = []
        let extra = captures.has("embeddings.token_types")
        let positions = "\(model.stack)embeddings.positions"
        let hasVectors = captures.has(positions)
        if hasVectors {
            figures.append(
                vectors("P, one vector per position", try captures.rows(positions), components: model.features))
        }
        figures.append(
            vectors(
                hasVectors ? "E with its position" : "E", try captures.rows(model.embeddings),
                components: model.features))
        if layer > 0 {
            figures.append(vectors("the input of layer \(layer)", try captures.rows(input), components: model.features))
        }
        guard hasVectors else {
            let isRotary = layerAttention?.isRotary ?? false
            let isScaled = !model.embeddings.hasSuffix(".tokens")
            let scaled = isScaled ? " Before the first block, the rows of the table are scaled or normalized." : ""
            return ExplainedStep(
                .positions, "Positions",
                formula: isRotary ? "q_i ← R_i q_i,  k_j ← R_j k_j" : "score ← score + b(j − i)",
                isRotary
                    ? """
                    This model adds no vector for a position. It turns queries and keys, pairs of components by angles \
                    that grow with the position, so that a dot product depends on the distance of its tokens.
                    """ + scaled
                    : """
                    This model adds no vector for a position. Each head adds a number to the score of a query and a \
                    key that depends on their distance.
                    """ + scaled,
                figures)
        }
        return ExplainedStep(
            .positions, "Positions",
            formula: extra ? "E_i ← layer norm of (E_i + P_i + T_i)" : "E_i ← E_i + P_i",
            "Each position adds a vector of its own, so the same word in another position starts from another vector"
                + (extra ? "; this model also adds a token-type vector and normalizes the sum." : "."),
            figures)
    }

    /// Queries and keys.
    func queriesAndKeys() throws -> ExplainedStep {
        let (queries, keys) = (try ofHead("queries"), try ofHead("keys"))
        let (query, key) = (weight(.query), weight(.key))
        let isBiased = layerAttention?.isBiased("query") ?? false
        var facts: [Fact] = []
        for (name, shape) in [("W_Q of this head", query), ("W_K of this head", key)] {
            if let shape {
                facts += [
                    Fact("\(name) [head dimension, width]", .shape(shape)),
                    Fact("parameters", .count(shape.reduce(1, *)))
                ]
            }
        }
        let (isRotary, isNormalized) = (
            layerAttention?.isRotary ?? false, layerAttention?.normalizesHeads ?? false
        )
        /// `R_i norm(W_Q E_i + b_Q)`, as far as the model does so.
        func formula(_ matrix: String, _ index: String) -> String {
            var text = "W_\(matrix) E_\(index)" + (isBiased ? " + b_\(matrix)" : "")
            if isNormalized { text = "norm(\(text))" } else if isRotary, isBiased { text = "(\(text))" }
            return isRotary ? "R_\(index) \(text)" : text
        }
        let normalizesFirst =
            captures.has("\(model.stack)layers.\(layer).attention_norm") && !model.normalizesAfterSums
        let changes = [isNormalized ? "normalized" : nil, isRotary ? "turned by their positions" : nil]
            .compactMap(\.self).joined(separator: " and ")
        return ExplainedStep(
            .queriesAndKeys, "Queries and keys", formula: "q_i = \(formula("Q", "i")),  k_j = \(formula("K", "j"))",
            """
            One matrix turns each vector into a query: what the token is looking for. Another turns it into a key: \
            what the token has to offer.
            """ + (changes.isEmpty ? "" : " Here both are \(changes).")
                + (normalizesFirst ? " The vectors are normalized first." : ""),
            [.facts(facts), vectors("queries", queries), vectors("keys", keys)])
    }

    enum Role: String { case query, key, value, output }

    /// The shape of the head's part of a matrix: rows of the query, key and value matrices, columns of the output
    /// matrix.
    func weight(_ role: Role) -> [Int]? {
        guard let shape = layerAttention?.weights["\(role.rawValue)_weight"]?.shape,
            shape.count == 2
        else { return nil }
        switch role {
        case .query: return [shape[0] / headCount, shape[1]]
        case .key, .value: return [shape[0] / keyValueHeadCount, shape[1]]
        case .output: return [shape[0], shape[1] / headCount]
        }
    }

    /// The head's part of a matrix, row by row.
    func matrix(_ role: Role) throws -> [[Float]]? {
        guard let tensor = layerAttention?.weights["\(role.rawValue)_weight"],
            let shape = weight(role)
        else { return nil }
        let rows = try tensor.tensor().rows()
        switch role {
        case .query: return Array(rows[(head * shape[0])..<((head + 1) * shape[0])])
        case .key, .value:
            let shared = head / (headCount / keyValueHeadCount)
            return Array(rows[(shared * shape[0])..<((shared + 1) * shape[0])])
        case .output: return rows.map { Array($0[(head * shape[1])..<((head + 1) * shape[1])]) }
        }
    }

    var keyValueHeadCount: Int {
        layerAttention?.keyValueHeadCount ?? headCount
    }
}

extension Array where Element: Hashable {
    /// The distinct elements, in the order of their first occurrence.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
