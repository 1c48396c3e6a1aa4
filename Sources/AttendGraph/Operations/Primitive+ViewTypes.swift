extension Primitive {
    /// The output types of operations that only move elements.
    func viewType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        guard let input = inputs.first else { throw OperationError("needs at least one input") }
        switch self {
        case .reshape:
            return TensorType(input.dtype, try ShapeRules.reshaped(input.shape, to: attributes.sizes("shape")))
        case .transpose:
            let permutation = attributes.integers("permutation")
            try require(
                permutation.sorted() == Array(0..<input.rank),
                "permutation \(permutation) must name each of the \(input.rank) axes once")
            return TensorType(input.dtype, permutation.map { input.shape[$0] })
        case .broadcast:
            let shape = attributes.sizes("shape")
            let stretched = try ShapeRules.broadcast(input.shape, shape)
            try requireAgreement(stretched, shape, "the broadcast of \(input.shape)")
            return TensorType(input.dtype, shape)
        case .slice: return try sliceType(input, attributes)
        case .pad: return try padType(input, attributes)
        case .concatenate: return try concatenateType(inputs, attributes)
        default: preconditionFailure("\(rawValue) has a type rule of its own")
        }
    }

    private func sliceType(_ input: TensorType, _ attributes: Attributes) throws(OperationError) -> TensorType {
        let names = attributes.integers("axes")
        let (starts, ends) = (attributes.sizes("starts"), attributes.sizes("ends"))
        let steps = attributes.optionalIntegers("steps") ?? names.map { _ in 1 }
        try require(
            starts.count == names.count && ends.count == names.count && steps.count == names.count,
            "needs as many starts, ends and steps as axes (\(names.count)), "
                + "found \(starts.count), \(ends.count), \(steps.count)")
        _ = try ShapeRules.axes(names, rank: input.rank)
        var shape = input.shape
        for (index, name) in names.enumerated() {
            let axis = try ShapeRules.axis(name, rank: input.rank)
            try require(steps[index] != 0, "a step must not be 0")
            shape[axis] = try slicedSize(shape[axis], starts[index], ends[index], steps[index])
        }
        return TensorType(input.dtype, shape)
    }

    private func slicedSize(_ size: Size, _ start: Size, _ end: Size, _ step: Int) throws(OperationError) -> Size {
        if let size = size.constant, let start = start.constant, let end = end.constant {
            return Size(SliceRange(size: size, start: start, end: end, step: step).count)
        }
        // With symbols, bounds are assumed to be in range; a number beyond any real size means "to the end".
        func resolved(_ bound: Size, edge: Size) throws(SizeError) -> Size {
            guard let number = bound.constant else { return bound }
            if number.magnitude >= 1 << 31 { return edge }
            return number < 0 ? try size.adding(bound) : bound
        }
        do {
            let from = try resolved(start, edge: step > 0 ? 0 : try size.subtracting(1))
            let to = try resolved(end, edge: step > 0 ? size : -1)
            return try to.subtracting(from).divided(by: Size(step))
        } catch {
            throw OperationError("\(error)")
        }
    }

    private func padType(_ input: TensorType, _ attributes: Attributes) throws(OperationError) -> TensorType {
        let (before, after) = (attributes.sizes("before"), attributes.sizes("after"))
        try require(
            before.count == input.rank && after.count == input.rank,
            "needs before and after for each of the \(input.rank) axes, found \(before.count) and \(after.count)")
        var shape: [Size] = []
        for axis in 0..<input.rank {
            for amount in [before[axis], after[axis]] where amount.constant.map({ $0 < 0 }) ?? false {
                throw OperationError("can't pad axis \(axis) by \(amount)")
            }
            do {
                shape.append(try input.shape[axis].adding(before[axis]).adding(after[axis]))
            } catch {
                throw OperationError("\(error)")
            }
        }
        return TensorType(input.dtype, shape)
    }

    private func concatenateType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType
    {
        let dtype = try sameDType(inputs)
        let axis = try ShapeRules.axis(attributes.integer("axis"), rank: inputs[0].rank)
        var shape = inputs[0].shape
        for (index, input) in inputs.enumerated().dropFirst() {
            var expected = shape
            try require(
                input.rank == expected.count, "input \(index) has shape \(input.shape), input 0 has \(inputs[0].shape)")
            expected[axis] = input.shape[axis]
            try requireAgreement(input.shape, expected, "input \(index)")
            do {
                shape[axis] = try shape[axis].adding(input.shape[axis])
            } catch {
                throw OperationError("\(error)")
            }
        }
        return TensorType(dtype, shape)
    }
}
