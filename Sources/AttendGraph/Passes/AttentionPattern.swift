/// Scaled dot-product attention in primitives, matched from its last product backwards:
///
///     softmax(where(mask, cap · tanh(scale · query · keyᵀ / cap) + bias, −∞)) · value
///
/// All parts but the products and the softmax are optional; the scale may also be on queries or keys.
struct AttentionPattern {
    private(set) var query: Graph.ValueID
    private(set) var key: Graph.ValueID
    private(set) var value: Graph.ValueID
    /// Whether `key` is `[batch, heads, headDimension, keys]`.
    private(set) var isKeyTransposed: Bool
    private(set) var scale = 1.0
    private(set) var softCap: Double?
    /// Summed.
    private(set) var biases: [Graph.ValueID] = []
    private(set) var mask: Graph.ValueID?

    /// Nil if the node is not the last product of an attention.
    ///
    /// - Parameter paths: Of the same graph.
    init?(_ node: Graph.Node, _ reader: PatternReader, _ paths: ScorePaths) {
        guard node.operation.primitive == .matmul, !AttentionPattern.transposes(node, "lhs"),
            !AttentionPattern.transposes(node, "rhs"), let pattern = node.inputs[0], let value = node.inputs[1],
            reader.type(pattern).rank == 4, reader.type(pattern).dtype == .float32, reader.isUsedOnce(pattern),
            let softmax = reader.maker(pattern, .softmax), let scores = softmax.inputs[0],
            [-1, 3].contains(softmax.operation.attributes.integer("axis"))
        else { return nil }
        self.value = value
        (query, key, isKeyTransposed) = (value, value, false)
        guard read(scores, reader, paths) else { return nil }
        moveScales(reader)
        ungroup(reader)
        guard isWellFormed(reader) else { return nil }
    }

    private static func transposes(_ node: Graph.Node, _ side: String) -> Bool {
        node.operation.attributes.bool("transpose_\(side)")
    }

    /// Matches from the softmax back to the product: mask, bias, cap and scale, in this order.
    private mutating func read(_ scores: Graph.ValueID, _ reader: PatternReader, _ paths: ScorePaths) -> Bool {
        var next = scores
        var mayBias = true
        while reader.isUsedOnce(next), let node = reader.maker(next) {
            switch node.operation.primitive {
            case .matmul:
                guard !AttentionPattern.transposes(node, "lhs"), let left = node.inputs[0], let right = node.inputs[1]
                else { return false }
                (query, key, isKeyTransposed) = (left, right, !AttentionPattern.transposes(node, "rhs"))
                return true
            case .where:
                guard mask == nil, biases.isEmpty, mayBias, let condition = node.inputs[0], let shown = node.inputs[1],
                    let hidden = node.inputs[2], reader.number(hidden) == -.infinity
                else { return false }
                (mask, next) = (condition, shown)
            case .add:
                guard mayBias,
                    let (sum, addend) = reader.eitherOrder(node).first(where: { paths.contains($0.0) })
                else { return false }
                biases.append(addend)
                next = sum
            case .multiply, .divide:
                guard let (inner, number) = Self.scaled(node, reader), number.isFinite, number != 0 else {
                    return false
                }
                mayBias = false
                if let tanh = reader.maker(inner, .tanh), reader.isUsedOnce(inner), let capped = tanh.inputs[0] {
                    guard softCap == nil, scale == 1, let quotient = reader.maker(capped), reader.isUsedOnce(capped),
                        let (uncapped, factor) = Self.scaled(quotient, reader), Float(factor * number) == 1,
                        number > 0, Float(number).isNormal
                    else { return false }
                    (softCap, next) = (number, uncapped)
                } else {
                    (scale, next) = (scale * number, inner)
                }
            default: return false
            }
        }
        return false
    }

    /// The other operand and the factor of a product with a number, or a quotient by one.
    static func scaled(_ node: Graph.Node, _ reader: PatternReader) -> (Graph.ValueID, Double)? {
        let inputs = reader.inputs(node)
        switch node.operation.primitive {
        case .multiply:
            return reader.eitherOrder(node).lazy.compactMap { value, factor in
                reader.number(factor).map { (value, $0) }
            }.first
        case .divide: return reader.number(inputs[1]).map { (inputs[0], 1 / $0) }
        default: return nil
        }
    }

    /// Moves scales of queries and keys to the scores, except magnitudes below 1, which may keep a product from
    /// overflowing.
    private mutating func moveScales(_ reader: PatternReader) {
        func unscaled(_ id: Graph.ValueID) -> (Graph.ValueID, Double) {
            guard reader.isUsedOnce(id), let node = reader.maker(id),
                let (inner, factor) = Self.scaled(node, reader),
                (1...1e6).contains(factor.magnitude), reader.type(inner) == reader.type(id)
            else { return (id, 1) }
            return (inner, factor)
        }
        let (left, right) = (unscaled(query), unscaled(key))
        (query, key, scale) = (left.0, right.0, scale * left.1 * right.1)
        // An explicit transpose of the keys is one that attention implies anyway.
        if isKeyTransposed, let turned = reader.maker(key, .transpose), let inner = turned.inputs[0],
            turned.operation.attributes.integers("permutation") == [0, 1, 3, 2]
        {
            let (plain, factor) = unscaled(inner)
            (key, isKeyTransposed, scale) = (plain, false, scale * factor)
        }
    }

    /// Undoes the repetition of key/value heads for their groups of query heads, `[b, h, 1, s, d]` broadcast to `[b, h,
    /// g, s, d]`: attention groups queries itself. Each repeated head needs its own query head: a single one would
    /// broadcast against all.
    private mutating func ungroup(_ reader: PatternReader) {
        guard !isKeyTransposed, let single = repeated(key, reader), let other = repeated(value, reader),
            reader.shape(single)[1] == reader.shape(other)[1], reader.shape(query)[1] == reader.shape(key)[1]
        else { return }
        (key, value) = (single, other)
    }

    private func repeated(_ id: Graph.ValueID, _ reader: PatternReader) -> Graph.ValueID? {
        guard let merged = reader.maker(id, .reshape), let many = merged.inputs[0],
            let stretched = reader.maker(many, .broadcast), let one = stretched.inputs[0],
            let split = reader.maker(one, .reshape), let source = split.inputs[0],
            reader.type(source).rank == 4, reader.type(one).rank == 5, reader.type(many).rank == 5
        else { return nil }
        let (from, single, wide) = (reader.shape(source), reader.shape(one), reader.shape(many))
        guard single == [from[0], from[1], 1, from[2], from[3]],
            wide == [from[0], from[1], wide[2], from[2], from[3]],
            reader.shape(id)[0] == from[0], Array(reader.shape(id)[2...]) == Array(from[2...])
        else { return nil }
        return source
    }

    private func isWellFormed(_ reader: PatternReader) -> Bool {
        let (queries, values) = (reader.shape(query), reader.shape(value))
        var keys = reader.shape(key)
        guard queries.count == 4, keys.count == 4, values.count == 4, Float(scale).isNormal else { return false }
        if isKeyTransposed { keys.swapAt(2, 3) }
        var heads = queries[1] == keys[1] && queries[1] != 0
        if let many = queries[1].constant, let few = keys[1].constant, few > 0 { heads = many % few == 0 }
        // An operand with a broadcast size is not attention; masks and biases may broadcast to the scores' shape.
        let scores = [queries[0], queries[1], queries[2], keys[2]]
        return queries[0] == keys[0] && keys[0] == values[0] && keys[1] == values[1] && heads
            && queries[3] == keys[3] && keys[2] == values[2]
            && (biases + [mask]).allSatisfy {
                $0.map { AttentionPattern.broadcasts(reader.shape($0), to: scores) } ?? true
            }
    }

    private static func broadcasts(_ shape: [Size], to scores: [Size]) -> Bool {
        shape.count <= scores.count && zip(shape.reversed(), scores.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
    }
}
