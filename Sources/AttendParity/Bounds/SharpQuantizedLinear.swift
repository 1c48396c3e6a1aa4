import AttendRuntime
import ReferenceBackend

/// The analysis of `quantized_linear` for both ways to compute it: with the weights `scale · q + offset` as numbers, or with
/// the sums of q · x and of x in each group, multiplied by its scale and its offset.
///
/// Either way an element is Σ scale · q · x + Σ offset · x, and each of these 2 · in terms takes part in at most in + 3
/// roundings (two of the weight or of the group's sum, its product's, the additions). ``BoundedSum`` over the terms allows 2
/// · in, which is at least that for the smallest group, 32.
struct SharpQuantizedLinear: SharpComposite {
    private let call: QuantizedLinearCall

    /// Nil for other operations.
    init?(_ request: KernelRequest) {
        guard let call = QuantizedLinearCall(request) else { return nil }
        self.call = call
    }

    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?] {
        func floats(_ input: QuantizedLinearCall.Input) -> [Bounded]? { inputs[input.rawValue]?.floats }
        let (input, bias) = (floats(.input) ?? [], floats(.bias))
        let (scales, offsets) = (floats(.scales) ?? [], floats(.offsets) ?? [])
        let words = inputs[QuantizedLinearCall.Input.weight.rawValue]?.integers ?? []
        let (inner, outer, perWord) = (call.inner, call.outer, 32 / call.bits)
        let mask = UInt32(1) << UInt32(call.bits) - 1
        var result = [Bounded](repeating: Bounded(0.0), count: call.rows * outer)
        for column in 0..<outer {
            // scale · q is exact in double precision.
            let terms = (0..<inner).map { index -> Term in
                let word = UInt32(truncatingIfNeeded: words[column * call.words + index / perWord])
                let integer = Double(word >> UInt32(index % perWord * call.bits) & mask)
                let group = column * call.groups + index / call.group
                let scale = scales[group]
                return Term(
                    integer: integer, scaled: Bounded(scale.value * integer, within: scale.bound * integer),
                    offset: offsets[group])
            }
            for row in 0..<call.rows {
                let values = input[row * inner..<(row + 1) * inner]
                result[row * outer + column] = element(Array(values), terms, bias?[column])
            }
        }
        return [result]
    }

    /// A weight as the sum of two numbers.
    private struct Term {
        var integer: Double
        var scaled: Bounded
        var offset: Bounded
    }

    private func element(_ values: [Bounded], _ terms: [Term], _ bias: Bounded?) -> Bounded {
        var sum = BoundedSum(Bounded(0.0))
        var isFinite = true
        // Of q · x and of x, before they are scaled.
        var magnitude = 0.0
        for (value, term) in zip(values, terms) {
            sum.add(product: term.scaled, value)
            sum.add(product: term.offset, value)
            isFinite = isFinite && value.value.isFinite && term.scaled.value.isFinite && term.offset.value.isFinite
            magnitude += max(term.integer, 1) * value.reach
        }
        // 0 · ∞ is NaN in a group's sum where the weight, a number, times ∞ is ∞.
        guard isFinite else { return .notFinite }
        guard magnitude < Bounded.overflow else { return .unknown(sum.value.value) }
        return bias.map { sum.value + $0 } ?? sum.value
    }
}
