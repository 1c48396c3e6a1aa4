/// `input · weightᵀ + bias`: input `[..., in]`, weight `[out, in]`, bias `[out]`, output `[..., out]`.
struct Linear: CompositeOperation {
    let schema = OperationSchema(
        "linear", inputs: [.init("input"), .init("weight"), .init("bias", optional: true)])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let (input, weight) = (call["input"], call["weight"])
        try call.require(weight.rank == 2, "weight must have the shape [out, in], found \(weight.shape)")
        try call.require(input.rank >= 1, "input must have at least one dimension")
        try call.require(
            ShapeRules.agreement(input.shape[input.rank - 1], weight.shape[1]) != .different,
            "input has width \(input.shape[input.rank - 1]), weight \(weight.shape) takes \(weight.shape[1])")
        // A vector is a matrix of one row.
        let rows = input.rank == 1 ? try input.reshaped([1, input.shape[0]]) : input
        var output = try rows.matmul(weight, transposeRHS: true)
        if input.rank == 1 { output = try output.reshaped([weight.shape[0]]) }
        if let bias = call.optional("bias") {
            let agree = bias.rank == 1 && ShapeRules.agreement(bias.shape[0], weight.shape[0]) != .different
            try call.require(agree, "bias must have the shape [\(weight.shape[0])], found \(bias.shape)")
            output = try output + bias
        }
        return ["output": output]
    }
}

/// The rows of `table` `[rows, width]` that `indices` name: output `[indices..., width]`.
struct Embedding: CompositeOperation {
    let schema = OperationSchema("embedding", inputs: [.init("indices"), .init("table")])

    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        let table = call["table"]
        try call.require(table.rank == 2, "table must have the shape [rows, width], found \(table.shape)")
        return ["output": try table.gather(call["indices"])]
    }
}
