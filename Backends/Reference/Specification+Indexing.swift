import AttendCore

extension Specification {
    private var axis: Int {
        let axis = attributes.integer("axis")
        return axis < 0 ? axis + shape(0).count : axis
    }

    /// Indices counted from the front; one outside of the axis is an error.
    private func resolved(_ indices: Elements<Scalar>, size: Int) throws(BackendError) -> [Int] {
        guard case .integer(let values) = indices else { mismatch() }
        var result: [Int] = []
        for value in values {
            let index = value < 0 ? Int(value) &+ size : Int(value)
            guard index >= 0, index < size else {
                throw .indexOutOfRange(backend: backend, operation: primitive.rawValue, index: Int(value), size: size)
            }
            result.append(index)
        }
        return result
    }

    /// For each element of the gathered shape, the element of the input that it comes from.
    private func sources(_ indices: [Int]) -> [Int] {
        let input = shape(0)
        let outer = input[..<axis].reduce(1, *)
        let inner = input[(axis + 1)...].reduce(1, *)
        var result: [Int] = []
        for block in 0..<outer {
            for index in indices {
                for element in 0..<inner { result.append((block * input[axis] + index) * inner + element) }
            }
        }
        return result
    }

    func gathered(_ operands: [Elements<Scalar>]) throws(BackendError) -> Elements<Scalar> {
        operands[0].taking(sources(try resolved(operands[1], size: shape(0)[axis])))
    }

    func scattered(_ operands: [Elements<Scalar>]) throws(BackendError) -> Elements<Scalar> {
        let targets = sources(try resolved(operands[1], size: shape(0)[axis]))
        switch (operands[0], operands[2]) {
        case (.floating(var values), .floating(let updates)):
            for (target, update) in zip(targets, updates) { values[target] = values[target] + update }
            return .floating(values)
        case (.integer(var values), .integer(let updates)):
            let narrow = output.dtype == .int32
            for (target, update) in zip(targets, updates) {
                let sum = values[target] &+ update
                values[target] = narrow ? Int64(Int32(truncatingIfNeeded: sum)) : sum
            }
            return .integer(values)
        default: mismatch()
        }
    }

    func updated(_ operands: [Elements<Scalar>]) throws(BackendError) -> Elements<Scalar> {
        guard case .integer(let start) = operands[2] else { mismatch() }
        let (size, count) = (shape(0)[axis], shape(1)[axis])
        let first = start[0] < 0 ? Int(start[0]) &+ size : Int(start[0])
        guard first >= 0, first <= size - count else {
            throw .indexOutOfRange(backend: backend, operation: primitive.rawValue, index: Int(start[0]), size: size)
        }
        let strides = Layout.denseStrides(of: shape(0))
        let place = Layout(shape: shape(1), strides: strides, offset: first * strides[axis])
        return operands[0].replacing(place.positions, with: operands[1])
    }
}
