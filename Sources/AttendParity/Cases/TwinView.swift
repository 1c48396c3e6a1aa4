import AttendRuntime

/// A second view of an operand's memory, for an operation that reads both.
enum TwinView: String, CaseIterable, Sendable {
    /// The last two axes, of one size, exchanged.
    case transposed
    /// The last axis in reverse.
    case reversed

    /// The view that the case's setting `twin` names.
    static func of(_ value: Value, _ graph: inout CaseGraph) throws(CaseError) -> Value {
        let reader = graph.reader
        let twin = try reader.word("twin", default: TwinView.reversed)
        let shape = value.shape.compactMap(\.constant)
        guard let width = shape.last else { throw reader.error("twin needs an axis") }
        let last = shape.count - 1
        switch twin {
        case .transposed:
            guard last > 0, shape[last - 1] == width else {
                throw reader.error("twin=transposed needs two last axes of one size")
            }
            return try graph.make { () throws(GraphError) in
                try value.transposed(Array(0..<last - 1) + [last, last - 1])
            }
        case .reversed:
            return try graph.make { () throws(GraphError) in
                try value.sliced(axis: last, from: -1, to: Size(-width - 1), step: -1)
            }
        }
    }
}
