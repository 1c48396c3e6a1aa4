/// A request for `gather`, `scatter_add` or `update_slice`: the input as `[outer, rows, row]` around the indexed axis.
public struct IndexCall: Sendable {
    /// The request.
    public let request: KernelRequest
    /// The value that is read or updated.
    public let input: Operand
    /// Integers: the indices, or the starts of `update_slice`: one, or one for each index of axis 0. Negative ones count
    /// from the end.
    public let indices: Operand
    /// The slices that are added or written; nil for `gather`.
    public let updates: Operand?
    /// Counted from the front.
    public let axis: Int

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        let operands = request.inputs.compactMap(\.self)
        switch (request.operation.primitive, operands.count) {
        case (.gather, 2): (indices, updates) = (operands[1], nil)
        case (.scatterAdd, 3): (indices, updates) = (operands[1], operands[2])
        case (.updateSlice, 3): (indices, updates) = (operands[2], operands[1])
        default: return nil
        }
        (self.request, input) = (request, operands[0])
        axis = request.attributes.integer("axis").fromFront(of: input.shape.count)
    }

    /// Elements before the axis.
    public var outer: Int { input.shape[..<axis].reduce(1, *) }
    /// The size of the axis.
    public var rows: Int { input.shape[axis] }
    /// Elements after the axis: one slice.
    public var row: Int { input.shape[(axis + 1)...].reduce(1, *) }
    /// Consecutive outer elements that share a start of `update_slice`.
    public var blocksPerStart: Int { outer / max(1, indices.elementCount) }
    /// Slices that are read or written per outer element: the number of indices, or the update's size along the axis.
    public var positions: Int {
        request.operation.primitive == .updateSlice ? updates?.shape[axis] ?? 0 : indices.elementCount
    }
}
