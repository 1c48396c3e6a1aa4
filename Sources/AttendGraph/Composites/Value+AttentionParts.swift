extension Value {
    /// Names this value, the change by attention, as the one whose heads are `mixed`; see ``AttentionParts``.
    ///
    /// - Parameters:
    ///   - mixed: The output of ``attention(key:value:options:named:)``, `[batch, heads, queries, valueDimension]`.
    ///   - weights: The projections.
    ///   - keyValueHeads: Number of key and value heads.
    /// - Throws: ``GraphError`` for a value that no node made, or an attention of another rank.
    public func describeAttention(
        mixed: Value, weights: AttentionWeights, keyValueHeads: Int, normalizesHeads: Bool = false,
        isRotary: Bool = false
    ) throws(GraphError) {
        try graph.requireOwn([self, mixed, weights.output])
        guard case .node(let index, output: 0) = graph.values[id].source,
            case .node(let attention, output: 0) = graph.values[mixed.id].source,
            graph.nodes[attention].operation.id == .attention, let heads = mixed.shape[1].constant
        else {
            throw .type(name: name, expected: "a node's value and the output of attention", found: "another value")
        }
        graph.attentionParts.append(
            AttentionParts(
                node: graph.nodes[index].name, heads: heads, keyValueHeads: keyValueHeads, mixed: mixed.id,
                weights: weights.inputs.mapValues(\.id), normalizesHeads: normalizesHeads, isRotary: isRotary))
    }
}
