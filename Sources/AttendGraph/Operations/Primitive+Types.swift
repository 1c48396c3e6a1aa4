extension Primitive {
    /// The output's type, from the inputs' types and completed attributes; shapes may be symbolic.
    ///
    /// - Throws: ``OperationError`` if dtypes or shapes don't agree.
    package func outputType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        switch family {
        case .arithmetic:
            let dtype = try sameDType(inputs)
            try require(dtype != .bool, "works on numbers, not on bool")
            if self == .power { try require(dtype.isFloatingPoint, "works on floating-point numbers, not on \(dtype)") }
            return TensorType(dtype, try ShapeRules.broadcast(inputs[0].shape, inputs[1].shape))
        case .comparison:
            let dtype = try sameDType(inputs)
            try require(dtype != .bool || self == .equal, "compares numbers, not bools")
            return TensorType(.bool, try ShapeRules.broadcast(inputs[0].shape, inputs[1].shape))
        case .logic:
            try require(
                inputs.allSatisfy { $0.dtype == .bool },
                "works on bool, found \(inputs[0].dtype) and \(inputs[1].dtype)")
            return TensorType(.bool, try ShapeRules.broadcast(inputs[0].shape, inputs[1].shape))
        case .unary:
            try checkUnary(inputs[0].dtype)
            return inputs[0]
        case .other:
            return try ownRule(inputs, attributes)
        }
    }

    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(OperationError) {
        guard condition else { throw OperationError(message()) }
    }

    func requireIndices(_ type: TensorType, _ name: String) throws(OperationError) {
        try require(type.dtype.isInteger, "\(name) must be int32 or int64, found \(type.dtype)")
    }

    func sameDType(_ inputs: [TensorType]) throws(OperationError) -> DType {
        try require(
            inputs.allSatisfy { $0.dtype == inputs[0].dtype },
            "needs inputs of one dtype, found \(inputs.map(\.dtype.rawValue).joined(separator: " and ")) (cast one)")
        return inputs[0].dtype
    }

    private func checkUnary(_ dtype: DType) throws(OperationError) {
        switch self {
        case .not: try require(dtype == .bool, "works on bool, found \(dtype)")
        case .negate, .abs, .sign: try require(dtype != .bool, "works on numbers, not on bool")
        case .stopGradient: break
        default: try require(dtype.isFloatingPoint, "works on floating-point numbers, not on \(dtype)")
        }
    }

    private func ownRule(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        switch self {
        case .matmul: return try matmulType(inputs, attributes)
        case .where:
            try require(inputs[0].dtype == .bool, "condition must be bool, found \(inputs[0].dtype)")
            let dtype = try sameDType(Array(inputs[1...]))
            let sides = try ShapeRules.broadcast(inputs[1].shape, inputs[2].shape)
            return TensorType(dtype, try ShapeRules.broadcast(inputs[0].shape, sides))
        case .reduceSum, .reduceMax:
            try require(inputs[0].dtype != .bool, "works on numbers, not on bool")
            let axes = try ShapeRules.axes(attributes.optionalIntegers("axes"), rank: inputs[0].rank)
            return TensorType(
                inputs[0].dtype,
                ShapeRules.reduced(inputs[0].shape, axes: axes, keepDimensions: attributes.bool("keep_dimensions")))
        case .argMax:
            let axis = try ShapeRules.axis(attributes.integer("axis"), rank: inputs[0].rank)
            try require(inputs[0].dtype != .bool, "works on numbers, not on bool")
            try require(inputs[0].shape[axis] != 0, "axis \(axis) has size 0: there is no largest element")
            return TensorType(
                .int64,
                ShapeRules.reduced(inputs[0].shape, axes: [axis], keepDimensions: attributes.bool("keep_dimensions")))
        case .cast: return TensorType(attributes.dtype("dtype"), inputs[0].shape)
        case .gather, .scatterAdd, .updateSlice: return try indexedType(inputs, attributes)
        case .iota, .random: return try sourceType(inputs, attributes)
        default: return try viewType(inputs, attributes)
        }
    }

    private func matmulType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        let dtype = try sameDType(inputs)
        try require(dtype.isFloatingPoint, "multiplies floating-point matrices, not \(dtype)")
        for (type, name) in zip(inputs, ["lhs", "rhs"]) {
            try require(type.rank >= 2, "\(name) needs at least two dimensions, found shape \(type.shape)")
        }
        var (left, right) = (inputs[0].shape, inputs[1].shape)
        if attributes.bool("transpose_lhs") { left.swapAt(left.count - 1, left.count - 2) }
        if attributes.bool("transpose_rhs") { right.swapAt(right.count - 1, right.count - 2) }
        let (inner, otherInner) = (left[left.count - 1], right[right.count - 2])
        try require(
            ShapeRules.agreement(inner, otherInner) != .different,
            "inner sizes differ: lhs has \(inner), rhs has \(otherInner) "
                + "(shapes \(inputs[0].shape) and \(inputs[1].shape))")
        let batch = try ShapeRules.broadcast(Array(left.dropLast(2)), Array(right.dropLast(2)))
        return TensorType(dtype, batch + [left[left.count - 2], right[right.count - 1]])
    }

    private func indexedType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        let axis = try ShapeRules.axis(attributes.integer("axis"), rank: inputs[0].rank)
        if self == .updateSlice {
            try requireIndices(inputs[2], "start")
            try require(inputs[2].rank <= 1, "start must have at most one dimension, found shape \(inputs[2].shape)")
            if let count = inputs[2].shape.first {
                try require(axis > 0, "a start for each index of axis 0 needs another axis to update, found axis 0")
                try require(
                    ShapeRules.agreement(count, inputs[0].shape[0]) != .different,
                    "start has \(count) elements, axis 0 of the input \(inputs[0].shape[0])")
            }
            _ = try sameDType([inputs[0], inputs[1]])
            var expected = inputs[0].shape
            try require(inputs[1].rank == expected.count, "update \(inputs[1]) does not fit input \(inputs[0])")
            if let size = inputs[1].shape[axis].constant, let room = expected[axis].constant {
                try require(size <= room, "update has size \(size) on axis \(axis), input only \(room)")
            }
            expected[axis] = inputs[1].shape[axis]
            try requireAgreement(inputs[1].shape, expected, "update")
            return inputs[0]
        }
        try requireIndices(inputs[1], "indices")
        var gathered = inputs[0].shape
        gathered.replaceSubrange(axis...axis, with: inputs[1].shape)
        guard self == .scatterAdd else { return TensorType(inputs[0].dtype, gathered) }
        try require(inputs[0].dtype != .bool, "works on numbers, not on bool")
        _ = try sameDType([inputs[0], inputs[2]])
        try requireAgreement(inputs[2].shape, gathered, "updates")
        return inputs[0]
    }

    func requireAgreement(_ found: [Size], _ expected: [Size], _ name: String) throws(OperationError) {
        let agree =
            found.count == expected.count
            && zip(found, expected).allSatisfy { ShapeRules.agreement($0, $1) != .different }
        try require(agree, "\(name) must have the shape \(expected), found \(found)")
    }

    private func sourceType(_ inputs: [TensorType], _ attributes: Attributes) throws(OperationError) -> TensorType {
        let shape = attributes.sizes("shape")
        for size in shape where size.constant.map({ $0 < 0 }) ?? false {
            throw OperationError("shape \(shape) holds a negative size")
        }
        if self == .random {
            try requireIndices(inputs[0], "counter")
            try require(inputs[0].rank == 0, "counter must be a scalar, found shape \(inputs[0].shape)")
            return TensorType(.float32, shape)
        }
        _ = try ShapeRules.axis(attributes.integer("axis"), rank: shape.count)
        let dtype = attributes.dtype("dtype")
        try require(dtype != .bool, "needs a numeric dtype, not bool")
        return TensorType(dtype, shape)
    }
}
