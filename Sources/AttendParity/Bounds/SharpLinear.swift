import AttendRuntime
import ReferenceBackend

/// The analysis of `linear` and `fused_linear` in 16-bit types. The product, the bias, the activation and the residual may
/// each be stored in the type, as by the operations one by one, or stay in float32, as in a kernel for the whole: the
/// bound holds for both.
struct SharpLinear: SharpComposite {
    private let call: LinearCall
    private let dtype: DType

    /// Nil for float32, which is evaluated in parts, and for a product alone.
    init?(_ request: KernelRequest) {
        guard let call = LinearCall(request), let output = request.outputs[0], output.dtype != .float32,
            call.bias != nil || call.residual != nil || call.activation != .none
        else { return nil }
        (self.call, dtype) = (call, output.dtype)
    }

    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?] {
        func floats(_ input: LinearCall.Input) -> [Bounded]? { inputs[input.rawValue]?.floats }
        let (input, weight) = (floats(.input) ?? [], floats(.weight) ?? [])
        let (bias, residual) = (floats(.bias), call.residual == nil ? nil : floats(.residual))
        let (inner, outer) = (call.inner, call.outer)
        var result: [Bounded] = []
        result.reserveCapacity(call.rows * outer)
        for row in 0..<call.rows {
            for column in 0..<outer {
                var sum = BoundedSum(Bounded(0.0))
                for index in 0..<inner { sum.add(product: input[row * inner + index], weight[column * inner + index]) }
                result.append(
                    bounded(
                        Parts(
                            product: sum.value, bias: bias?[column], residual: residual?[row * outer + column])))
            }
        }
        return [result]
    }

    /// What one element is made of.
    private struct Parts {
        var product: Bounded
        var bias: Bounded?
        var residual: Bounded?
    }

    /// The result whether numbers between the steps are rounded or not. Where one is infinite in the type, and not in
    /// float32, nothing is claimed unless both ways lead to the same infinity.
    private func bounded(_ parts: Parts) -> Bounded {
        var overflows = false
        let loose = stepped(parts) { number in
            if number.bound == 0, number.isNaN || number.value.rounded(to: dtype) == number.value { return number }
            guard number.value.isFinite else { return number }
            guard number.reach < dtype.overflow else {
                overflows = true
                return number
            }
            return Bounded(number.value, within: max(number.bound, 0x1p-149)).rounded(to: dtype)
        }
        guard overflows else { return loose }
        let (whole, stored) = (loose.rounded(to: dtype), stepped(parts) { $0.rounded(to: dtype) }.rounded(to: dtype))
        return whole.isInfinity && stored.isInfinity && whole.value == stored.value ? whole : .unknown(loose.value)
    }

    /// The steps after the product, each on what `stored` makes of the number before.
    private func stepped(_ parts: Parts, _ stored: (Bounded) -> Bounded) -> Bounded {
        var number = parts.product
        if let bias = parts.bias { number = stored(number) + bias }
        if call.activation != .none { number = activated(stored(number)) }
        if let residual = parts.residual { number = stored(number) + residual }
        return number
    }

    /// In float32, as the activations compute in every type.
    private func activated(_ number: Bounded) -> Bounded {
        let (half, one) = (Bounded(0.5), Bounded(1.0))
        switch call.activation {
        case .none: return number
        case .relu: return .larger(number, Bounded(0.0))
        case .tanh: return .tanh(number)
        case .silu: return number * (one / (Bounded.exp(-number) + one))
        case .gelu:
            let scaled: Bounded = number * Bounded(0.5.squareRoot())
            return (number * half) * (Bounded.erf(scaled) + one)
        case .geluTanh:
            let cubed: Bounded = number * number * number
            let inner: Bounded = (number + cubed * Bounded(0.044715)) * Bounded((2 / Double.pi).squareRoot())
            return (number * half) * (Bounded.tanh(inner) + one)
        }
    }
}
