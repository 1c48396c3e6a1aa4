import AttendRuntime
import ReferenceBackend

/// The analysis of `layer_norm` and `rms_norm` as a whole.
///
/// With an error δ of the mean, the squares of the centered row sum to Σ(xⱼ − μ)² + nδ², because Σ(xⱼ − μ) = 0: the
/// mean's error enters the variance as δ², while evaluation in parts bounds it by 2δ·Σ|xⱼ − μ|.
struct SharpNorm: SharpComposite {
    private let rows: Int
    private let width: Int
    private let centers: Bool
    private let epsilon: Double
    private let hasScale: Bool
    private let hasBias: Bool

    /// Nil for a scale or bias that is not along a row; such a call is evaluated in parts.
    init?(_ request: KernelRequest, centers: Bool) {
        guard let shape = request.inputs[0]?.shape else { return nil }
        let given = request.attributes.integer("axis")
        let axis = given < 0 ? given + shape.count : given
        let row = Array(shape[axis...])
        for operand in request.inputs.dropFirst() {
            if let operand, operand.shape != row { return nil }
        }
        rows = shape[..<axis].reduce(1, *)
        width = row.reduce(1, *)
        self.centers = centers
        epsilon = Double(Float(request.attributes.number("epsilon")))
        hasScale = request.inputs[1] != nil
        hasBias = request.inputs.count > 2 && request.inputs[2] != nil
    }

    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?] {
        let values = inputs[0]?.floats ?? []
        let scale = hasScale ? inputs[1]?.floats : nil
        let bias = hasBias ? inputs[2]?.floats : nil
        var result: [Bounded] = []
        result.reserveCapacity(values.count)
        for row in 0..<rows where width > 0 {
            result += normalized(Array(values[row * width..<(row + 1) * width]), scale, bias)
        }
        return [result]
    }

    private func normalized(_ row: [Bounded], _ scale: [Bounded]?, _ bias: [Bounded]?) -> [Bounded] {
        let count = Bounded(Double(width))
        var centered = row
        // The error of the computed mean; 0 without centering.
        var shift = 0.0
        if centers {
            var sum = BoundedSum(Bounded(0.0))
            for number in row { sum.add(number) }
            let mean = sum.value / count
            shift = mean.bound
            centered = row.map { $0 - mean }
        }
        var squares = BoundedSum(Bounded(0.0))
        for number in centered {
            // Without the common shift; each element's own rounding error remains.
            let own = centers ? Bounded(number.value, within: max(0, number.bound - shift)) : number
            squares.add(product: own, own)
        }
        var total = squares.value
        if centers { total.bound += Double(width) * shift * shift * (1 + SharpComposites.gamma(width + 1)) }
        let variance = total / count
        let factor = Bounded(1.0) / Bounded.sqrt(variance + Bounded(epsilon))
        return centered.indices.map { index in
            var output = centered[index] * factor
            if let scale { output = output * scale[index] }
            if let bias { output = output + bias[index] }
            return output
        }
    }
}
