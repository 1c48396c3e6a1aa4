import AttendRuntime

/// One call of an operation with numbers as attributes, each of which can be put in the place of another.
struct SweptCall: Sendable {
    let operation: String
    /// Values by input; `inputs` for a list is one value twice.
    let inputs: [String: Tensor]
    let attributes: Attributes

    /// Every operation that has an integer or a number among its attributes, in a call that is right.
    static func all() throws -> [SweptCall] {
        let matrix = try Tensor([0.5, -1, 2, 3, 0.25, 1], shape: [2, 3])
        let index = try Tensor([1, 0] as [Int64], shape: [2])
        let heads = try Tensor([0.5, -1, 2, 3, 0.25, 1, -2, 1.5], shape: [1, 2, 2, 2])
        let angles = try Tensor([0.5, 1], shape: [1, 2, 1])
        let tokens = try Tensor([0.5, -1, 2, 3], shape: [1, 2, 2])
        let square = try Tensor([0.5, -1, 0.25, 1], shape: [2, 2])
        let projections = ["query_weight", "key_weight", "value_weight", "output_weight"].map { ($0, square) }
        let head: Attributes = [
            "heads": .integer(2), "key_value_heads": .integer(1), "scale": .number(0.5), "soft_cap": .number(2),
            "window": .integer(1)
        ]
        let quantized = [
            "weight": try Tensor([1, -2, 3, -4, 5, -6, 7, -8] as [Int32], shape: [2, 4]),
            "scales": try Tensor([0.5, -1], shape: [2, 1]), "offsets": try Tensor([0.5, 2], shape: [2, 1])
        ]
        func call(_ operation: String, _ inputs: [String: Tensor], _ attributes: Attributes) -> SweptCall {
            SweptCall(operation: operation, inputs: inputs, attributes: attributes)
        }
        let narrow = try Tensor([0.5, -1], shape: [1, 2])
        var grouped = Dictionary(uniqueKeysWithValues: projections)
        (grouped["key_weight"], grouped["value_weight"]) = (narrow, narrow)
        return [
            call("reduce_sum", ["input": matrix], ["axes": .integers([1])]),
            call("reduce_max", ["input": matrix], ["axes": .integers([1])]),
            call("arg_max", ["input": matrix], ["axis": .integer(1)]),
            call("reshape", ["input": matrix], ["shape": .sizes([3, 2])]),
            call("transpose", ["input": matrix], ["permutation": .integers([1, 0])]),
            call("broadcast", ["input": matrix], ["shape": .sizes([2, 2, 3])]),
            call(
                "slice", ["input": matrix],
                ["axes": .integers([1]), "starts": .sizes([0]), "ends": .sizes([2]), "steps": .integers([1])]),
            call(
                "pad", ["input": matrix],
                ["before": .sizes([1, 0]), "after": .sizes([0, 1]), "value": .number(1)]),
            call("concatenate", ["inputs": matrix], ["axis": .integer(1)]),
            call("gather", ["input": matrix, "indices": index], ["axis": .integer(0)]),
            call("scatter_add", ["input": matrix, "indices": index, "updates": matrix], ["axis": .integer(0)]),
            call(
                "update_slice", ["input": matrix, "update": matrix, "start": Tensor(0)], ["axis": .integer(0)]),
            call("iota", [:], ["shape": .sizes([2, 2]), "axis": .integer(1)]),
            call("random", ["counter": Tensor(3)], ["shape": .sizes([2, 2]), "seed": .integer(7)]),
            call("reduce_mean", ["input": matrix], ["axes": .integers([1])]),
            call("softmax", ["input": matrix], ["axis": .integer(1)]),
            call("log_softmax", ["input": matrix], ["axis": .integer(1)]),
            call("layer_norm", ["input": matrix], ["axis": .integer(1), "epsilon": .number(1e-5)]),
            call("rms_norm", ["input": matrix], ["axis": .integer(1), "epsilon": .number(1e-5)]),
            call(
                "rotary_embedding", ["input": heads, "cos": angles, "sin": angles], ["rotary_dimension": .integer(2)]),
            call(
                "convolution_1d", ["input": tokens, "weight": try Tensor([1, 2, 3, 4] as [Float], shape: [2, 1, 2])],
                [
                    "stride": .integer(1), "padding": .integers([1, 0]), "dilation": .integer(1),
                    "groups": .integer(2)
                ]),
            call("dequantize", quantized, ["bits": .integer(4), "group": .integer(32)]),
            call(
                "quantized_linear",
                quantized.merging(["input": try Tensor([Float](repeating: 0.5, count: 64), shape: [2, 32])]) { $1 },
                ["bits": .integer(4), "group": .integer(32)]),
            call(
                "quantized_embedding", quantized.merging(["indices": index]) { $1 },
                ["bits": .integer(4), "group": .integer(32)]),
            call(
                "attention", ["query": heads, "key": heads, "value": heads],
                ["scale": .number(0.5), "soft_cap": .number(2), "window": .integer(1)]),
            call("self_attention", grouped.merging(["input": tokens]) { $1 }, head),
            call("cross_attention", grouped.merging(["input": tokens, "context": tokens]) { $1 }, head)
        ]
    }

    static let integers: [Int] = [.min, -(1 << 31) - 1, -1, 0, 1 << 31, 1 << 32, .max]
    static let numbers: [Double] = [.nan, .infinity, -.infinity, 1e300, 1e-300, -0.0]

    /// The same with one number exchanged, for each number and all that may stand in its place.
    var variations: [(label: String, attributes: Attributes)] {
        attributes.values.sorted { $0.key < $1.key }.flatMap { name, value in
            changes(of: value).map { change in
                var attributes = attributes
                attributes[name] = change
                return ("\(operation), \(name) = \(change)", attributes)
            }
        }
    }

    private func changes(of value: AttributeValue) -> [AttributeValue] {
        switch value {
        case .integer: Self.integers.map { .integer($0) }
        case .number: Self.numbers.map { .number($0) }
        case .integers(let list):
            list.indices.flatMap { place in
                Self.integers.map { number in
                    var list = list
                    list[place] = number
                    return .integers(list)
                }
            }
        case .sizes(let list):
            list.indices.flatMap { place in
                Self.integers.map { number in
                    var list = list
                    list[place] = Size(number)
                    return .sizes(list)
                }
            }
        case .bool, .string, .dtype: []
        }
    }

    func graph(_ attributes: Attributes) throws -> Graph {
        let builder = GraphBuilder(operation)
        var values: [String: Value] = [:]
        for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
            values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
        }
        let result: Value
        if operation == "concatenate", let value = values["inputs"] {
            result = try builder.apply(.concatenate, [value, value], attributes)
        } else {
            result = try builder.apply(operation, inputs: values, attributes: attributes)[0]
        }
        try builder.output("output", result)
        return try builder.build()
    }
}
