/// A kernel request for `attention`, with its operands by name.
public struct AttentionCall: Sendable {
    /// Indices into the request's inputs.
    public enum Input: Int, Sendable {
        case query, key, value, mask, bias, keyLengths, queryOffset

        /// Indices of the inputs that are at least matrices, which kernels may read with strides.
        public static var strided: Set<Int> { Set([query, key, value, mask, bias].map(\.rawValue)) }
    }
    /// Indices into the request's outputs.
    public enum Output: Int, Sendable, CaseIterable { case output, pattern, logSumExp }

    /// The underlying request.
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

    /// Bool, broadcasts to ``scores``; true keeps a key visible.
    public var mask: Operand? { operand(.mask) }
    /// Floats, broadcast to ``scores``.
    public var bias: Operand? { operand(.bias) }
    /// Integers `[batch]`: valid keys of each sequence.
    public var keyLengths: Operand? { operand(.keyLengths) }
    /// Integers `[]` or `[batch]`: position of the first query.
    public var queryOffset: Operand? { operand(.queryOffset) }

    /// Whether an output is requested.
    public func wants(_ output: Output) -> Bool { request.outputs[output.rawValue] != nil }

    /// Size of the batch.
    public var batch: Int { query.shape[0] }
    /// Number of query heads.
    public var queryHeads: Int { query.shape[1] }
    /// Number of key/value heads; it divides ``queryHeads``.
    public var keyValueHeads: Int { key.shape[1] }
    /// Queries per head.
    public var queries: Int { query.shape[2] }
    /// Keys per head.
    public var keys: Int { key.shape[2] }
    /// Components of a query or key.
    public var headDimension: Int { query.shape[3] }
    /// Components of a value.
    public var valueDimension: Int { value.shape[3] }
    /// Shape of the scores, `[batch, queryHeads, queries, keys]`.
    public var scores: [Int] { [batch, queryHeads, queries, keys] }

    /// Whether later keys are hidden.
    public var isCausal: Bool { request.attributes.bool("causal") }
    /// Whether the first query is aligned with the first key, rather than the last with the last.
    public var isUpperLeft: Bool { request.attributes.string("alignment") == "upper_left" }
    /// Visible positions on each side of a query, including its own; nil for no limit.
    public var window: Int? { request.attributes.optionalInteger("window") }
    /// Factor of the scores; 1/√headDimension by default.
    public var scale: Double {
        request.attributes.optionalNumber("scale") ?? 1 / Double(max(headDimension, 1)).squareRoot()
    }
    /// Soft cap of the scores; 0 for none.
    public var softCap: Double { request.attributes.optionalNumber("soft_cap") ?? 0 }

    /// Floating-point operations of both products over all query–key pairs, including hidden ones; a multiply-add
    /// counts as two.
    public var flops: Double {
        2 * Double(batch) * Double(queryHeads) * Double(queries) * Double(keys)
            * Double(headDimension + valueDimension)
    }
}
