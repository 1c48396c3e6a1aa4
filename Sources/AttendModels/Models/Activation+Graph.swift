public import AttendRuntime

extension Activation {
    /// Applies the function to every element of `x`, as nodes of its graph. A function of several operations is computed
    /// in float32, and rounded once.
    ///
    /// - Throws: ``GraphError`` for a type that the operations don't support.
    public func callAsFunction(_ x: Value) throws(GraphError) -> Value {
        switch self {
        case .gelu: return try x.gelu()
        case .geluTanh: return try x.gelu(approximation: "tanh")
        case .relu: return try x.relu()
        case .silu: return try x.silu()
        case .sigmoid: return try x.sigmoid()
        case .tanh: return try x.tanh()
        case .linear: return x
        default: return try composed(x.cast(to: .float32)).cast(to: x.dtype)
        }
    }

    /// The function as several operations.
    private func composed(_ x: Value) throws(GraphError) -> Value {
        func number(_ value: Double) throws(GraphError) -> Value { try x.graph.scalar(value, dtype: x.dtype) }
        func clamped(_ value: Value, _ low: Double, _ high: Double) throws(GraphError) -> Value {
            try value.maximum(number(low)).minimum(number(high))
        }
        /// x where positive, else `below`.
        func split(_ below: Value) throws(GraphError) -> Value { try x.greater(number(0)).where(x, below) }
        switch self {
        case .gelu: return try x.gelu()
        case .geluTanh: return try x.gelu(approximation: "tanh")
        case .geluClipped: return try clamped(x.gelu(), -10, 10)
        case .geluQuick: return try x * (x * 1.702).sigmoid()
        case .relu: return try x.relu()
        case .reluSquared:
            let positive = try x.relu()
            return try positive * positive
        case .relu6: return try clamped(x, 0, 6)
        case .leakyReLU: return try split(x * 0.01)
        case .rrelu: return try split(x * ((1.0 / 8 + 1.0 / 3) / 2))
        case .silu: return try x.silu()
        case .sigmoid: return try x.sigmoid()
        case .tanh: return try x.tanh()
        case .linear: return x
        case .mish: return try x * Activation.softplus(of: x).tanh()
        case .hardswish: return try x * clamped(x + 3, 0, 6) / 6
        case .hardsigmoid: return try clamped(x + 3, 0, 6) / 6
        case .hardtanh: return try clamped(x, -1, 1)
        case .elu: return try split(Activation.exponentialLess1(of: x))
        case .selu:
            let scale = 1.0507009873554804934193349852946
            return try split(Activation.exponentialLess1(of: x) * 1.6732632423543772848170429916717) * scale
        case .softplus: return try Activation.softplus(of: x)
        case .softsign: return try x / (x.abs() + 1)
        case .sqrtSoftplus: return try Activation.softplus(of: x).sqrt()
        case .logSigmoid: return try -Activation.softplus(of: -x)
        case .laplace: return try ((x - 0.707107) / (0.282095 * 2.0.squareRoot())).erf() * 0.5 + 0.5
        case .tanhshrink: return try x - x.tanh()
        case .softshrink: return try x.sign() * (x.abs() - 0.5).relu()
        case .hardshrink: return try x.abs().greater(number(0.5)).where(x, number(0))
        }
    }

    /// log(1 + eˣ) without overflow, and to full precision for small eˣ: with u = e^−|x|, log(1 + u) · u / ((1 + u) −
    /// 1) corrects the rounding of 1 + u (Goldberg 1991, theorem 4).
    private static func softplus(of x: Value) throws(GraphError) -> Value {
        let zero = try x.graph.scalar(0, dtype: x.dtype)
        let small = try (-x.abs()).exp()
        let sum = try small + 1
        let added = try sum - 1
        let isLost = try added.equal(zero)
        let quotient = try sum.log() * small / isLost.where(x.graph.scalar(1, dtype: x.dtype), added)
        return try x.maximum(zero) + isLost.where(small, quotient)
    }

    /// eˣ − 1 for x ≤ 0 (0 for positive x), by tanh: e^y − 1 = tanh(y/2) · (e^y + 1), which has no cancellation near 0.
    private static func exponentialLess1(of x: Value) throws(GraphError) -> Value {
        let negative = try x.minimum(x.graph.scalar(0, dtype: x.dtype))
        return try (negative / 2).tanh() * (negative.exp() + 1)
    }
}
