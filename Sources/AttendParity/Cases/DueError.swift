package import AttendRuntime

/// A run that must end with an error, by the specification: an index or a start outside of its axis.
package struct DueError: Sendable {
    /// The name of the input with the invalid number; the other inputs are those of the case.
    package var input: String
    package var tensor: Tensor
    /// The invalid number, as it is given.
    package var index: Int
    /// The size of its axis.
    package var size: Int
    /// The operation of the case, which the error names; a composite may run in parts.
    package var operation: String

    package init(input: String, tensor: Tensor, index: Int, size: Int, operation: String) {
        (self.input, self.tensor, self.index, self.size) = (input, tensor, index, size)
        self.operation = operation
    }

    /// Numbers outside of an axis: next to it, farther away, and at distances whose low 8, 16 or 32 bits look valid.
    package static func indices(outside size: Int, room length: Int, _ dtype: DType) -> [Int] {
        let last = size - length
        let near = [-size - 1, last + 1, -1, last + 2, -size - 2, 2 * size + 7, -3 * size - 5]
        // Odd ones too, which float32 does not hold.
        let narrow = [1 << 8, 1 << 16, -(1 << 16), Int(Int32.max), Int(Int32.min), 1 << 24 + 1]
        let wide =
            dtype == .int64
            ? [1 << 32 + 1, -(1 << 32) - 1, 1 << 40, 1 << 52 + 1, Int.max, Int.min, (1 << 32) + last] : []
        return (near + narrow + wide).filter { index in
            let start = index < 0 ? index + size : index
            return start < 0 || start > last
        }
    }

    /// The description of an error that is not the one due; nil for the right one.
    package func complaint(about found: RunError?) -> String? {
        let due = "\(operation): index \(index) is outside of an axis of size \(size)"
        guard let found else { return "no error, expected \"\(due)\"" }
        guard case .backend(.indexOutOfRange(_, let named, let given, let extent, _), _) = found else {
            return "the error \"\(found)\", expected \"\(due)\""
        }
        let isNamed = named == operation || (operation == "embedding" && named == Primitive.gather.rawValue)
        if isNamed, given == index, extent == size { return nil }
        return "the error \"\(found)\", expected \"\(due)\""
    }
}
