import AttendBackend
import AttendPlugin

/// Operations that compute nothing: they bring elements elsewhere, choose among them, or change their type.
@Sendable func moves(_ request: KernelRequest) -> (any Kernel)? {
    switch request.operation.primitive {
    case .transpose, .broadcast, .reshape, .slice: view(request)
    case .concatenate: concatenation(request)
    case .gather: gather(request)
    case .where: choice(request)
    case .cast: cast(request)
    default: nil
    }
}

/// The input seen another way, its elements brought in that order.
private func view(_ request: KernelRequest) -> (any Kernel)? {
    guard let (inputs, output) = request.operands([.float32, .bool], result: [.float32, .bool]) else { return nil }
    let dense = Layout(dense: inputs[0].shape)
    let layout =
        switch request.operation.primitive {
        case .transpose: dense.transposed(request.attributes.integers("permutation"))
        case .broadcast: dense.broadcast(to: output.shape)
        case .slice: dense.sliced(SliceRange.ranges(of: dense.shape, attributes: request.attributes))
        default: dense
        }
    let places = layout.elementOffsets
    return request.kernel { values in places.map { values[0][$0] } }
}

/// To a float, or to a bool: whether a number is not 0.
private func cast(_ request: KernelRequest) -> (any Kernel)? {
    request.operands([.float32, .int64, .bool], result: [.float32, .bool]).map { _ in request.kernel { $0[0] } }
}

/// Inputs one after another along an axis: of each, a stretch for every step along the axes before.
private func concatenation(_ request: KernelRequest) -> (any Kernel)? {
    let inputs = request.inputs.compactMap(\.self)
    guard let output = request.outputs[0], (inputs + [output]).allSatisfy({ $0.dtype == .float32 }) else { return nil }
    let axis = request.attributes.integer("axis")
    let first = axis + (axis < 0 ? output.shape.count : 0)
    let stretches = inputs.map { $0.shape[first...].reduce(1, *) }
    let steps = output.shape[..<first].reduce(1, *)
    return request.kernel { values in
        (0..<steps).flatMap { step in
            zip(values, stretches).flatMap { $0[step * $1..<(step + 1) * $1] }
        }
    }
}

/// Rows of a table by their numbers; a negative one counts from the end.
private func gather(_ request: KernelRequest) -> (any Kernel)? {
    guard let (inputs, output) = request.operands([.float32], [.int64], result: [.float32]),
        request.attributes.integer("axis") == 0
    else { return nil }
    let size = inputs[0].shape[0]
    let width = inputs[0].shape.dropFirst().reduce(1, *)
    return request.kernel { values throws(BackendError) in
        var result: [Double] = []
        result.reserveCapacity(output.elementCount)
        for number in values[1] {
            let given = Int(exactly: number) ?? .max
            let row = given + (given < 0 ? size : 0)
            guard row >= 0, row < size else {
                throw .indexOutOfRange(backend: AbacusBackend.name, operation: "gather", index: given, size: size)
            }
            result += values[0][row * width..<(row + 1) * width]
        }
        return result
    }
}

/// From the second input where the first is true, else from the third.
private func choice(_ request: KernelRequest) -> (any Kernel)? {
    guard let (inputs, output) = request.operands([.bool], [.float32], [.float32], result: [.float32]) else {
        return nil
    }
    let places = inputs.map { Layout(dense: $0.shape).broadcast(to: output.shape).elementOffsets }
    return request.kernel { values in
        (0..<output.elementCount).map { index in
            values[0][places[0][index]] != 0 ? values[1][places[1][index]] : values[2][places[2][index]]
        }
    }
}
