extension Value {
    /// The matrix product over the last two dimensions; the others broadcast.
    /// `[..., M, K] × [..., K, N] → [..., M, N]`.
    public func matmul(
        _ other: Value, transposeLHS: Bool = false, transposeRHS: Bool = false
    ) throws(GraphError) -> Value {
        try binary(
            .matmul, other, ["transpose_lhs": .bool(transposeLHS), "transpose_rhs": .bool(transposeRHS)])
    }

    /// One size may be -1: it takes what is left.
    public func reshaped(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.reshape, ["shape": .sizes(shape)])
    }

    /// The axes in another order: axis i of the result is axis `permutation[i]` of this value.
    ///
    /// - Throws: ``GraphError`` if `permutation` does not name each axis once.
    public func transposed(_ permutation: [Int]) throws(GraphError) -> Value {
        try unary(.transpose, ["permutation": .integers(permutation)])
    }

    /// The value with the shape `shape`, to which its own must broadcast.
    public func broadcast(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.broadcast, ["shape": .sizes(shape)])
    }

    /// The elements from `start` up to `end` of one axis, `step` apart, by NumPy's rules: negative bounds count from the end, bounds
    /// outside are clamped.
    public func sliced(
        axis: Int, from start: Size, to end: Size, step: Int = 1, named name: String? = nil
    ) throws(GraphError) -> Value {
        let attributes: Attributes = [
            "axes": .integers([axis]), "starts": .sizes([start]), "ends": .sizes([end]), "steps": .integers([step])
        ]
        return try graph.apply(.slice, [self], attributes, named: name)
    }

    /// The value with `before` and `after` elements of `value` added along each axis.
    public func padded(before: [Size], after: [Size], value: Double = 0) throws(GraphError) -> Value {
        try unary(.pad, ["before": .sizes(before), "after": .sizes(after), "value": .number(value)])
    }

    /// The sum over `axes`, counted from the end if negative; nil means all. Reduced axes have size 1 with `keepDimensions`, else
    /// they are gone.
    public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceSum, Value.reduction(axes, keepDimensions))
    }

    /// The largest elements over `axes`, counted from the end if negative; nil means all. NaN wins. Reduced axes have size 1 with
    /// `keepDimensions`, else they are gone.
    public func max(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceMax, Value.reduction(axes, keepDimensions))
    }

    static func reduction(_ axes: [Int]?, _ keepDimensions: Bool) -> Attributes {
        var attributes: Attributes = ["keep_dimensions": .bool(keepDimensions)]
        attributes["axes"] = axes.map { .integers($0) }
        return attributes
    }

    /// The index (int64) of the largest element along `axis`, the first of equals; of NaNs the first.
    public func argMax(axis: Int, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.argMax, ["axis": .integer(axis), "keep_dimensions": .bool(keepDimensions)])
    }

    /// The slices at `indices` along `axis`: this value's shape, with `axis` replaced by the shape of `indices`.
    ///
    /// - Parameter indices: Integers; negative ones count from the end. Those outside of the axis are errors of the run.
    public func gather(_ indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.gather, [self, indices], ["axis": .integer(axis)])
    }

    /// This value with each slice of `updates` added at its index along `axis`. Repeated indices add up.
    ///
    /// - Parameters:
    ///   - updates: This value's shape, with `axis` replaced by the shape of `indices`.
    ///   - indices: Integers; negative ones count from the end. Those outside of the axis are errors of the run.
    public func scatterAdd(_ updates: Value, at indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.scatterAdd, [self, indices, updates], ["axis": .integer(axis)])
    }

    /// This value with `update` written over it from `start` (an integer scalar of the run) on.
    public func updatingSlice(with update: Value, start: Value, axis: Int) throws(GraphError) -> Value {
        try graph.apply(.updateSlice, [self, update, start], ["axis": .integer(axis)])
    }
}
