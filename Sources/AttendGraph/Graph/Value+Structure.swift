extension Value {
    /// Matrix product over the last two axes; leading axes broadcast. `[..., M, K] × [..., K, N] → [..., M, N]`.
    ///
    /// - Parameters:
    ///   - transposeLHS: Whether this value is `[..., K, M]`.
    ///   - transposeRHS: Whether `other` is `[..., N, K]`.
    /// - Throws: ``GraphError`` for dtypes that differ or are not floating-point, ranks below 2, or sizes that don't
    ///   agree.
    public func matmul(
        _ other: Value, transposeLHS: Bool = false, transposeRHS: Bool = false
    ) throws(GraphError) -> Value {
        try binary(
            .matmul, other, ["transpose_lhs": .bool(transposeLHS), "transpose_rhs": .bool(transposeRHS)])
    }

    /// The same elements in row-major order with another shape. One size may be -1 and is inferred from the rest.
    ///
    /// - Throws: ``GraphError`` for another number of elements.
    public func reshaped(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.reshape, ["shape": .sizes(shape)])
    }

    /// The axes permuted: axis i of the result is axis `permutation[i]` of this value.
    ///
    /// - Throws: ``GraphError`` if `permutation` does not name each axis once.
    public func transposed(_ permutation: [Int]) throws(GraphError) -> Value {
        try unary(.transpose, ["permutation": .integers(permutation)])
    }

    /// The value broadcast to `shape`: axes are aligned at the last one, and sizes of 1 are repeated.
    ///
    /// - Throws: ``GraphError`` if this value's shape does not broadcast to `shape`.
    public func broadcast(_ shape: [Size]) throws(GraphError) -> Value {
        try unary(.broadcast, ["shape": .sizes(shape)])
    }

    /// The elements from `start` up to, but not including, `end` of one axis, `step` apart, by NumPy's rules: negative
    /// bounds count from the end, and out-of-range bounds are clamped.
    ///
    /// With a symbolic size or bound, bounds are assumed to be in range.
    ///
    /// - Throws: ``GraphError`` for an axis out of range or a step of 0.
    public func sliced(
        axis: Int, from start: Size, to end: Size, step: Int = 1, named name: String? = nil
    ) throws(GraphError) -> Value {
        let attributes: Attributes = [
            "axes": .integers([axis]), "starts": .sizes([start]), "ends": .sizes([end]), "steps": .integers([step])
        ]
        return try graph.apply(.slice, [self], attributes, named: name)
    }

    /// The value with `before[i]` and `after[i]` elements of `value` added at the ends of each axis i.
    ///
    /// - Throws: ``GraphError`` unless there is one nonnegative size per axis.
    public func padded(before: [Size], after: [Size], value: Double = 0) throws(GraphError) -> Value {
        try unary(.pad, ["before": .sizes(before), "after": .sizes(after), "value": .number(value)])
    }

    /// Sum over `axes`, counted from the end if negative; nil means all. Reduced axes have size 1 with
    /// `keepDimensions`, else they are removed.
    ///
    /// - Throws: ``GraphError`` for bool, or for axes out of range or repeated.
    public func sum(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceSum, Value.reduction(axes, keepDimensions))
    }

    /// Maximum over `axes`, counted from the end if negative; nil means all. NaN if any element is NaN. Reduced axes
    /// have size 1 with `keepDimensions`, else they are removed.
    ///
    /// - Throws: ``GraphError`` for bool, or for axes out of range or repeated.
    public func max(axes: [Int]? = nil, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.reduceMax, Value.reduction(axes, keepDimensions))
    }

    static func reduction(_ axes: [Int]?, _ keepDimensions: Bool) -> Attributes {
        var attributes: Attributes = ["keep_dimensions": .bool(keepDimensions)]
        attributes["axes"] = axes.map { .integers($0) }
        return attributes
    }

    /// Index (int64) of the largest element along `axis`; the first of equal ones, or the first NaN. The axis has size
    /// 1 with `keepDimensions`, else it is removed.
    ///
    /// - Throws: ``GraphError`` for bool, or for an axis out of range or of size 0.
    public func argMax(axis: Int, keepDimensions: Bool = false) throws(GraphError) -> Value {
        try unary(.argMax, ["axis": .integer(axis), "keep_dimensions": .bool(keepDimensions)])
    }

    /// The slices at `indices` along `axis`: this value's shape, with `axis` replaced by the shape of `indices`.
    ///
    /// - Parameter indices: Integers; negative ones count from the end. Indices out of range are errors of the run.
    /// - Throws: ``GraphError`` for indices that are not integers, or an axis out of range.
    public func gather(_ indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.gather, [self, indices], ["axis": .integer(axis)])
    }

    /// This value with each slice of `updates` added at its index along `axis`. Repeated indices accumulate.
    ///
    /// - Parameters:
    ///   - updates: This value's shape, with `axis` replaced by the shape of `indices`.
    ///   - indices: Integers; negative ones count from the end. Indices out of range are errors of the run.
    /// - Throws: ``GraphError`` for bool, or for dtypes or shapes that don't agree.
    public func scatterAdd(_ updates: Value, at indices: Value, axis: Int = 0) throws(GraphError) -> Value {
        try graph.apply(.scatterAdd, [self, indices, updates], ["axis": .integer(axis)])
    }

    /// This value with a slice along `axis` overwritten by `update`.
    ///
    /// - Parameters:
    ///   - update: This value's shape, except for a size along `axis` that is at most as large.
    ///   - start: First overwritten index, read at run time: an integer scalar, or `[n]` with one for each of the n
    ///     indices of axis 0, such as the sequences of a batch.
    /// - Throws: ``GraphError`` for dtypes or shapes that don't agree.
    public func updatingSlice(with update: Value, start: Value, axis: Int) throws(GraphError) -> Value {
        try graph.apply(.updateSlice, [self, update, start], ["axis": .integer(axis)])
    }
}
