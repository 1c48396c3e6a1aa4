import AttendRuntime

extension Value {
    /// `[batch, tokens, heads · dimension]` as `[batch, heads, tokens, dimension]`.
    ///
    /// - Parameter dimension: Nil for the width over the number of heads.
    func split(heads: Int, dimension: Int? = nil) throws(GraphError) -> Value {
        try reshaped([shape[0], shape[1], Size(heads), dimension.map { Size($0) } ?? -1]).transposed([0, 2, 1, 3])
    }

    /// `[batch, heads, tokens, dimension]` as `[batch, tokens, heads · dimension]`.
    func joinedHeads() throws(GraphError) -> Value {
        guard let heads = shape[1].constant, let dimension = shape[3].constant else {
            return try transposed([0, 2, 1, 3]).reshaped([shape[0], shape[2], -1])
        }
        return try transposed([0, 2, 1, 3]).reshaped([shape[0], shape[2], Size(heads * dimension)])
    }
}

extension GraphBuilder {
    /// A size as an int64 scalar: the last of 0, 1, … and 1.
    func scalar(of size: Size) throws(GraphError) -> Value { try iota([size], axis: 0).max(axes: [0]) + 1 }
}
