/// Rotary position embedding (Su et al. 2021): rotates pairs of components by an angle proportional to the position.
/// input `[batch, heads, tokens, headDimension]`, cos and sin `[batch or 1, tokens, rotary / 2]`. Pairs are (i, i +
/// rotary / 2), or neighbors if `interleaved`.
struct RotaryEmbedding: CompositeOperation {
    let schema = OperationSchema(
        .rotaryEmbedding, inputs: [.init("input"), .init("cos"), .init("sin")],
        attributes: [.init("interleaved", default: .bool(false)), .init("rotary_dimension", optional: .integer)])
    let facts = OperationFacts(isWhole: true, passage: .change)

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let input = call["input"]
        try call.require(input.rank == 4, "input must be [batch, heads, tokens, headDimension], found \(input.shape)")
        let width = input.shape[3]
        let rotary = call.attributes.optionalInteger("rotary_dimension").map { Size($0) } ?? width
        try check(call, input, rotary)
        if let widened = try call.inFloat32() { return widened }
        let half = try call.sizes { () throws(SizeError) in try rotary.divided(by: 2) }
        // [batch or 1, 1, tokens, rotary / 2]: the same angles for every head.
        func perHead(_ angle: Value) throws(GraphError) -> Value {
            try angle.reshaped([angle.shape[0], 1, angle.shape[1], half])
        }
        let (cos, sin) = (try perHead(call["cos"]), try perHead(call["sin"]))
        let turned = rotary == width ? input : try input.sliced(axis: 3, from: 0, to: rotary)
        var output: Value
        if call.attributes.bool("interleaved") {
            let pairs = Array(input.shape.dropLast()) + [half, 2]
            let split = try turned.reshaped(pairs)
            let part = Array(input.shape.dropLast()) + [half]
            let first = try split.sliced(axis: 4, from: 0, to: 1).reshaped(part)
            let second = try split.sliced(axis: 4, from: 1, to: 2).reshaped(part)
            let column = part + [1]
            let joined = try call.graph.concatenate(
                [
                    (first * cos - second * sin).reshaped(column),
                    (first * sin + second * cos).reshaped(column)
                ], axis: 4)
            output = try joined.reshaped(turned.shape)
        } else {
            let first = try turned.sliced(axis: 3, from: 0, to: half)
            let second = try turned.sliced(axis: 3, from: half, to: rotary)
            output = try call.graph.concatenate([first * cos - second * sin, first * sin + second * cos], axis: 3)
        }
        if rotary != width {
            output = try call.graph.concatenate([output, input.sliced(axis: 3, from: rotary, to: width)], axis: 3)
        }
        return ["output": output]
    }

    private func check(_ call: CompositeCall, _ input: Value, _ rotary: Size) throws(GraphError) {
        if let rotary = rotary.constant {
            try call.require(rotary >= 0 && rotary % 2 == 0, "the rotary dimension must be even, found \(rotary)")
            if let width = input.shape[3].constant {
                try call.require(rotary <= width, "rotary dimension \(rotary) exceeds the head dimension \(width)")
            }
        }
        for name in ["cos", "sin"] {
            try call.requireSameType([name], as: input)
            try call.require(
                call[name].rank == 3,
                "\(name) must be [batch or 1, tokens, rotary / 2], found \(call[name].shape)")
        }
    }
}

extension CompositeCall {
    /// Size arithmetic whose errors name the operation.
    func sizes<Result>(_ body: () throws(SizeError) -> Result) throws(GraphError) -> Result {
        do {
            return try body()
        } catch {
            throw .node(name: "", operation: operation, reason: error.description)
        }
    }
}

extension OperationID {
    /// `rotary_embedding.v1` (Su et al. 2021): input `[batch, heads, tokens, headDimension]`, cos and sin `[batch or 1,
    /// tokens, rotary / 2]`; attributes `interleaved` and `rotary_dimension`.
    public static let rotaryEmbedding = OperationID("rotary_embedding")
}
