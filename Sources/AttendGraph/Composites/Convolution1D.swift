/// One-dimensional convolution (cross-correlation, as in all frameworks): input `[batch, in, length]`, weight `[out, in
/// / groups, width]`, bias `[out]`, output `[batch, out, positions]` with `positions = (length + padding − dilation ·
/// (width − 1) − 1) / stride + 1`.
///
/// Decomposed into one matrix product per tap of the kernel, summed.
struct Convolution1D: CompositeOperation {
    let schema = OperationSchema(
        "convolution_1d", inputs: [.init("input"), .init("weight"), .init("bias", optional: true)],
        attributes: [
            .init("stride", default: .integer(1)), .init("padding", default: .integers([0, 0])),
            .init("dilation", default: .integer(1)), .init("groups", default: .integer(1))
        ])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let (input, weight) = (call["input"], call["weight"])
        let (stride, dilation) = (call.attributes.integer("stride"), call.attributes.integer("dilation"))
        let (groups, padding) = (call.attributes.integer("groups"), call.attributes.integers("padding"))
        try call.require(input.rank == 3, "input must be [batch, in, length], found \(input.shape)")
        try call.require(weight.rank == 3, "weight must be [out, in / groups, width], found \(weight.shape)")
        for number in [stride, dilation, groups] {
            try call.require(
                (1...(1 << 31)).contains(number),
                "stride, dilation and groups must be at least 1 (and at most 2³¹), found \(number)")
        }
        try call.require(
            padding.count == 2 && padding.allSatisfy { $0 >= 0 },
            "padding must be two sizes, before and after, found \(padding)")
        guard let width = weight.shape[2].constant, width >= 1 else {
            throw .node(
                name: "", operation: call.operation,
                reason: "the kernel's width must be at least 1, found \(weight.shape[2])")
        }
        try call.require(
            width <= OpeningMemo.operationLimit,
            "kernel width \(width) exceeds the limit of \(OpeningMemo.operationLimit) (one matrix product per tap)")
        let reach = dilation * (width - 1)
        try call.requireSameType(["weight", "bias"], as: input)
        if let bias = call.optional("bias") {
            let agree = bias.rank == 1 && ShapeRules.agreement(bias.shape[0], weight.shape[0]) != .different
            try call.require(agree, "bias must have the shape [\(weight.shape[0])], found \(bias.shape)")
        }
        if let widened = try call.inFloat32() { return widened }
        let padded = try input.padded(before: [0, 0, Size(padding[0])], after: [0, 0, Size(padding[1])])
        let length = padded.shape[2]
        if let length = length.constant {
            try call.require(
                length > reach, "padded length \(length) is less than the dilated kernel width \(reach + 1)")
        }
        let (outPerGroup, inPerGroup, last) = try call.sizes { () throws(SizeError) in
            (
                try weight.shape[0].divided(by: Size(groups)), weight.shape[1],
                try length.subtracting(Size(reach))
            )
        }
        let batch = input.shape[0]
        var sum: Value?
        for tap in 0..<width {
            let end = try call.sizes { () throws(SizeError) in try last.adding(Size(tap * dilation)) }
            let seen = try padded.sliced(axis: 2, from: Size(tap * dilation), to: end, step: stride)
            let grouped = try seen.reshaped([batch, Size(groups), inPerGroup, seen.shape[2]])
            let column = try weight.sliced(axis: 2, from: Size(tap), to: Size(tap + 1))
                .reshaped([Size(groups), outPerGroup, inPerGroup])
            let product = try column.matmul(grouped)
            sum = try sum.map { total throws(GraphError) in try total + product } ?? product
        }
        guard let sum else { preconditionFailure("a kernel has at least one tap") }
        var output = try sum.reshaped([batch, weight.shape[0], sum.shape[3]])
        if let bias = call.optional("bias") {
            output = try output + bias.reshaped([weight.shape[0], 1])
        }
        return ["output": output]
    }
}
