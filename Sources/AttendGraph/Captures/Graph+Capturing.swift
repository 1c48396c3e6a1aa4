extension Graph {
    /// The same graph with more outputs: values inside of it, by name.
    ///
    /// A name is a value's (`layers.3.hidden`), or a node's and what its composite offers from inside:
    /// `layers.3.attention.scores`, and of one head `layers.3.attention.heads.7.delta`. Dots and slashes mean the same. For a
    /// value inside of a composite, the composite's parts take its place in the graph, level by level as far down as that value
    /// lies; all other nodes stay whole. So there is no second way to compute a capture: it is the planner's own unfused form.
    ///
    /// Heads (`self_attention`, `cross_attention`) offer, all with the heads along one axis:
    /// - `queries` `[batch?, heads, queries, headDimension]`, `keys` and `values` with the keys' and values' sizes;
    /// - `products` `[batch?, heads, queries, keys]`: query · key;
    /// - `scores`: the products scaled, capped and biased; `masked_scores`: the same with −∞ where a key is hidden;
    /// - `pattern`: their softmax; `mixed` `[batch?, heads, queries, valueDimension]`: the pattern's mixture of values;
    /// - `delta` `[batch?, heads, queries, width]`: the change that each head proposes. Their sum, and the output's bias, is the
    ///   node's own value.
    ///
    /// `attention` itself offers all but `delta`. A function of a graph file offers its nodes by their names.
    ///
    /// - Returns: A graph with the outputs of this one, then the captures under the names given. A name that is an output's
    ///   already adds none.
    /// - Throws: ``GraphError/unknownCapture(name:hint:known:)``; ``GraphError/duplicateOutput(_:)`` where an output that is
    ///   something else has a capture's name.
    /// - Complexity: O(nodes), and the opening of the composites that hold captures.
    public func capturing(_ names: [String]) throws(GraphError) -> Graph {
        var seen: Set<String> = []
        let wanted = names.filter { seen.insert($0).inserted }
        guard !wanted.isEmpty else { return self }
        return try CaptureScope(self).capturing(wanted)
    }

    /// What ``capturing(_:)`` can be asked for, in the order of the nodes. Values without a name of their own are left out.
    ///
    /// - Complexity: As of opening every composite of the graph one or two levels.
    public var captureNames: [String] { CaptureScope(self).names }

    /// The capture names that a pattern stands for; in it, `*` is any one part between dots.
    ///
    /// - Throws: ``GraphError/unknownCapture(name:hint:known:)`` where there is none.
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

    /// A hint with the nearest capture name of the same number of parts, stars kept.
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
