import AttendGraph

/// `update_slice` with a start for each index of axis 0, as one for each of them: for backends that have kernels for one
/// start alone, such as plug-ins of version 1.0.
struct UpdateByRow: CompositeOperation {
    let schema = OperationSchema(
        "update_slice_by_row", inputs: [.init("input"), .init("update"), .init("start")],
        attributes: [.init("axis", .integer)])

    /// Whether an operation on these operands is one that can be split.
    static func splits(_ operation: Operation, _ inputs: [Planner.Planned?]) -> Bool {
        operation.primitive == .updateSlice && inputs.count == 3 && inputs[2]?.layout.shape.count == 1
    }

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let (input, update, start) = (call["input"], call["update"], call["start"])
        let count = input.shape[0].constant ?? 0
        guard count > 0 else { return ["output": input] }
        var rows: [Value] = []
        for row in 0..<count {
            func part(_ value: Value) throws(GraphError) -> Value {
                try value.sliced(axis: 0, from: Size(row), to: Size(row + 1))
            }
            rows.append(
                try part(input).updatingSlice(
                    with: part(update), start: part(start).reshaped([]), axis: call.attributes.integer("axis")))
        }
        return ["output": try call.graph.concatenate(rows, axis: 0)]
    }
}
