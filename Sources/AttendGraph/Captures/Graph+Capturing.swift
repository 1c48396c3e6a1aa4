extension Graph {
    /// The same graph with inner values as additional outputs.
    ///
    /// A name is a value's (`layers.3.hidden`), or a node's with an offer of its composite:
    /// `layers.3.attention.scores`, and for one head `layers.3.attention.heads.7.delta`. Dots and slashes are
    /// equivalent. For a value inside a composite, the composite is replaced by its parts, level by level down to that
    /// value; all other nodes stay whole. A capture is thus computed by the planner's own unfused form, not by separate
    /// code.
    ///
    /// Heads (`self_attention`, `cross_attention`) offer, all with the heads along one axis:
    /// - `queries` `[batch?, heads, queries, headDimension]`, `keys` and `values` with the keys' and values' sizes;
    /// - `products` `[batch?, heads, queries, keys]`: query · key;
    /// - `scores`: the products scaled, capped and biased; `masked_scores`: the same with −∞ where a key is hidden;
    /// - `pattern`: their softmax; `mixed` `[batch?, heads, queries, valueDimension]`: the values averaged by the
    ///   pattern;
    /// - `delta` `[batch?, heads, queries, width]`: the change proposed by each head. Their sum plus the output's bias
    ///   is the node's own value.
    ///
    /// Attention that is written out (``attentionParts``) offers the same under the name of its last node; `attention`
    /// itself offers all but `delta`. A function of a graph file offers its nodes by name.
    ///
    /// - Returns: A graph with the outputs of this one, then the captures under the given names. A capture that already
    ///   is an output of the same name adds none.
    /// - Throws: ``GraphError/unknownCapture(name:hint:known:)``; ``GraphError/duplicateOutput(_:)`` if another value
    ///   is an output of a capture's name.
    /// - Complexity: O(nodes), plus opening the composites that contain captures.
    public func capturing(_ names: [String]) throws(GraphError) -> Graph {
        var seen: Set<String> = []
        let wanted = names.filter { seen.insert($0).inserted }
        guard !wanted.isEmpty else { return self }
        return try CaptureScope(self).capturing(wanted)
    }

    /// The names accepted by ``capturing(_:)``, in node order. Nodes with generated names, such as `add_3`, are
    /// omitted.
    ///
    /// - Complexity: That of opening every composite of the graph one or two levels deep.
    public var captureNames: [String] { CaptureScope(self).names }

    /// The capture names that match a pattern, in which `*` is any one part between dots. Names without `*` are
    /// returned unchecked.
    ///
    /// - Throws: ``GraphError/unknownCapture(name:hint:known:)`` for a pattern without matches.
    public func captureNames(matching patterns: [String]) throws(GraphError) -> [String] {
        guard patterns.contains(where: { $0.contains("*") }) else { return patterns }
        let known = captureNames
        var found: [String] = []
        for pattern in patterns {
            guard pattern.contains("*") else {
                found.append(pattern)
                continue
            }
            let parts = CapturePath(pattern).parts
            let matching = known.filter { name in
                let others = CapturePath(name).parts
                return parts.count == others.count && zip(parts, others).allSatisfy { $0 == "*" || $0 == $1 }
            }
            guard !matching.isEmpty else {
                throw .unknownCapture(name: pattern, hint: hint(for: pattern, among: known), known: known)
            }
            found += matching
        }
        return found
    }

    /// A hint with the nearest capture name of equally many parts, keeping the stars.
    private func hint(for pattern: String, among known: [String]) -> String {
        let parts = CapturePath(pattern).parts
        var seen: Set<String> = []
        let starred = known.compactMap { name -> String? in
            let others = CapturePath(name).parts
            guard others.count == parts.count else { return nil }
            let text = zip(parts, others).map { $0 == "*" ? "*" : String($1) }.joined(separator: ".")
            return seen.insert(text).inserted ? text : nil
        }
        return Nearest.hint(for: pattern, among: starred)
    }
}
