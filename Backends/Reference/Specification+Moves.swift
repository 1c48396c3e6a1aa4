import AttendCore

extension Elements {
    /// The elements at these positions, in this order.
    func taking(_ positions: [Int]) -> Elements {
        switch self {
        case .floating(let values): .floating(positions.map { values[$0] })
        case .integer(let values): .integer(positions.map { values[$0] })
        case .bool(let values): .bool(positions.map { values[$0] })
        }
    }

    /// The same elements with those of `source` written at these positions.
    func replacing(_ positions: [Int], with source: Elements) -> Elements {
        func replaced<Element>(_ values: [Element], _ new: [Element]) -> [Element] {
            var result = values
            for (position, element) in zip(positions, new) { result[position] = element }
            return result
        }
        switch (self, source) {
        case (.floating(let values), .floating(let new)): return .floating(replaced(values, new))
        case (.integer(let values), .integer(let new)): return .integer(replaced(values, new))
        case (.bool(let values), .bool(let new)): return .bool(replaced(values, new))
        default: preconditionFailure("elements of one type replace elements of another")
        }
    }
}

extension Layout {
    /// The place of each element, in row-major order.
    var positions: [Int] {
        var result: [Int] = []
        result.reserveCapacity(elementCount)
        func visit(_ axis: Int, _ start: Int) {
            guard axis < shape.count else { return result.append(start) }
            for index in 0..<shape[axis] { visit(axis + 1, start + index * strides[axis]) }
        }
        visit(0, offset)
        return result
    }
}

extension Specification {
    /// transpose, broadcast and slice.
    func moved(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        let input = Layout(dense: shape(0))
        let layout: Layout =
            switch primitive {
            case .transpose: input.transposed(attributes.integers("permutation"))
            case .broadcast: input.broadcast(to: output.shape)
            case .slice: input.sliced(SliceRange.ranges(of: input.shape, attributes: attributes))
            default: mismatch()
            }
        return operand.taking(layout.positions)
    }

    func padded(_ operand: Elements<Scalar>) -> Elements<Scalar> {
        let before = attributes.concreteSizes("before")
        let value = Tensor(scalar: attributes.number("value"), dtype: output.dtype)
        let count = output.elementCount
        let filled: Elements<Scalar> =
            switch value.storage {
            case .float32(let number): .floating(Array(repeating: Scalar(number[0]), count: count))
            case .float16(let bits):
                .floating(Array(repeating: Scalar(NarrowFloat.float(float16: bits[0])), count: count))
            case .bfloat16(let bits):
                .floating(Array(repeating: Scalar(NarrowFloat.float(bfloat16: bits[0])), count: count))
            case .int32(let number): .integer(Array(repeating: Int64(number[0]), count: count))
            case .int64(let number): .integer(Array(repeating: number[0], count: count))
            case .bool(let flag): .bool(Array(repeating: flag[0] != 0, count: count))
            }
        let strides = output.layout.strides
        let inner = Layout(
            shape: shape(0), strides: strides, offset: zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 })
        return filled.replacing(inner.positions, with: operand)
    }

    func concatenated(_ operands: [Elements<Scalar>]) -> Elements<Scalar> {
        let axis =
            attributes.integer("axis") < 0
            ? attributes.integer("axis") + output.shape.count : attributes.integer("axis")
        let strides = output.layout.strides
        var result: Elements<Scalar> =
            switch operands[0] {
            case .floating: .floating(Array(repeating: Scalar(0 as Float), count: output.elementCount))
            case .integer: .integer(Array(repeating: 0, count: output.elementCount))
            case .bool: .bool(Array(repeating: false, count: output.elementCount))
            }
        var start = 0
        for (index, operand) in operands.enumerated() {
            let place = Layout(shape: shape(index), strides: strides, offset: start * strides[axis])
            result = result.replacing(place.positions, with: operand)
            start += shape(index)[axis]
        }
        return result
    }

    func iota() -> Elements<Scalar> {
        let axis =
            attributes.integer("axis") < 0
            ? attributes.integer("axis") + output.shape.count : attributes.integer("axis")
        let inner = output.shape[(axis + 1)...].reduce(1, *)
        let counts = (0..<output.elementCount).map { Int64($0 / inner % output.shape[axis]) }
        return output.dtype.isFloatingPoint ? .floating(counts.map { Scalar($0) }) : .integer(counts)
    }

    func random(_ counter: Elements<Scalar>) -> Elements<Scalar> {
        guard case .integer(let run) = counter else { mismatch() }
        let seed = attributes.integer("seed")
        return .floating(
            (0..<output.elementCount).map { Scalar(Philox.uniform(index: $0, counter: run[0], seed: seed)) })
    }
}
