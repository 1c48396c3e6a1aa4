/// A request for `attention`.
public struct AttentionCall: Sendable {
    /// Places among the request's inputs.
    public enum Input: Int, Sendable {
        case query, key, value, mask, bias, keyLengths, queryOffset

        /// The inputs that hold a matrix or more, which kernels may read with strides.
        public static var strided: Set<Int> { Set([query, key, value, mask, bias].map(\.rawValue)) }
    }
    /// Places among the request's outputs.
    public enum Output: Int, Sendable, CaseIterable { case output, pattern, logSumExp }

    public let request: KernelRequest
    /// `[batch, queryHeads, queries, headDimension]`.
    public let query: Operand
    /// `[batch, keyValueHeads, keys, headDimension]`.
    public let key: Operand
    /// `[batch, keyValueHeads, keys, valueDimension]`.
    public let value: Operand

    /// Nil for other operations.
    public init?(_ request: KernelRequest) {
        guard request.operation.id == .attention, let query = request.inputs[Input.query.rawValue],
            let key = request.inputs[Input.key.rawValue], let value = request.inputs[Input.value.rawValue]
        else { return nil }
        (self.request, self.query, self.key, self.value) = (request, query, key, value)
    }

    private func operand(_ input: Input) -> Operand? { request.inputs[input.rawValue] }

    /// Bool that broadcasts to ``scores``; true keeps.
    public var mask: Operand? { operand(.mask) }
    /// Floats that broadcast to ``scores``.
    public var bias: Operand? { operand(.bias) }
    /// Integers `[batch]`.
    public var keyLengths: Operand? { operand(.keyLengths) }
    /// Integers `[]` or `[batch]`.
    public var queryOffset: Operand? { operand(.queryOffset) }

    public func wants(_ output: Output) -> Bool { request.outputs[output.rawValue] != nil }

    public var batch: Int { query.shape[0] }
    public var queryHeads: Int { query.shape[1] }
    public var keyValueHeads: Int { key.shape[1] }
    public var queries: Int { query.shape[2] }
    public var keys: Int { key.shape[2] }
    public var headDimension: Int { query.shape[3] }
    public var valueDimension: Int { value.shape[3] }
    /// `[batch, queryHeads, queries, keys]`.
    public var scores: [Int] { [batch, queryHeads, queries, keys] }

    public var isCausal: Bool { request.attributes.bool("causal") }
    /// Whether the first query sees the first key, else the last the last.
    public var isUpperLeft: Bool { request.attributes.string("alignment") == "upper_left" }
    /// How many positions a query sees on each side, its own included.
    public var window: Int? { request.attributes.optionalInteger("window") }
    /// 1/√headDimension unless given.
    public var scale: Double {
        request.attributes.optionalNumber("scale") ?? 1 / Double(max(headDimension, 1)).squareRoot()
    }
    /// 0 for none.
    public var softCap: Double { request.attributes.optionalNumber("soft_cap") ?? 0 }

    /// Of both products over all pairs of a query and a key, hidden ones too.
    public var flops: Double {
        2 * Double(batch) * Double(queryHeads) * Double(queries) * Double(keys)
            * Double(headDimension + valueDimension)
    }
}
