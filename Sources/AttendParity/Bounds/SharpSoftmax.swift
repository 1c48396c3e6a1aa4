import AttendRuntime
import Foundation
import ReferenceBackend

/// One row of weights `wⱼ = exp(sⱼ)` and its normalized form, with error bounds.
///
/// A backend computes `w̃ⱼ = wⱼ (1 + ηⱼ)` up to a common factor: the subtracted maximum cancels, whichever value it
/// has. |ηⱼ| ≤ Rⱼ = e^rⱼ − 1 combines the error of the score, the roundings of the shift and of a change of base
/// (2u|sⱼ| + u|sⱼ − m|), the exponential's 3 ulps, and for an online softmax the rescalings after key j, each an
/// exponential and a product. With S = Σ pⱼRⱼ
///
///     |p̃ⱼ − pⱼ| ≤ pⱼ ((Rⱼ + S) / (1 − S) + γₙ₋₁ + 6u)
///     |Σ p̃ⱼvⱼ − o| ≤ Σ pⱼRⱼ|vⱼ − o| / (1 − S) + roundings of the product, because Σ pⱼ(vⱼ − o) = 0
///
/// so errors common to all keys cancel.
struct WeightRow {
    /// pⱼ; 0 for a hidden key.
    private(set) var weights: [Double]
    /// Rⱼ.
    private(set) var relative: [Double]
    /// S = Σ pⱼRⱼ; 1 or more if nothing is certain.
    private(set) var spread = 0.0
    private(set) var maximum = -Double.infinity
    /// log Σ exp(sⱼ − m).
    private(set) var logSum = -Double.infinity
    let count: Int

    /// - Parameter scores: Finite or −∞, with their bounds; −∞ is hidden.
    init(_ scores: [Bounded]) {
        count = scores.count
        weights = Array(repeating: 0, count: count)
        relative = weights
        for score in scores { maximum = max(maximum, score.value) }
        guard maximum > -.infinity else { return }
        let rescalings = WeightRow.rescalings(scores)
        let unit = SharpComposites.unit
        var sum = 0.0
        for (index, score) in scores.enumerated() where score.value > -.infinity {
            weights[index] = exp(score.value - maximum)
            sum += weights[index]
            let shift = 2 * unit * score.value.magnitude + unit * (maximum - score.value)
            relative[index] = expm1(score.bound + shift + Double(6 + 7 * rescalings[index]) * unit)
        }
        logSum = log(sum)
        for index in weights.indices {
            weights[index] /= sum
            if weights[index] > 0 { spread += weights[index] * relative[index] }
        }
    }

    /// The number of times that a running maximum grows after each key, in the keys' order, plus the depth of a tree of
    /// partial results.
    private static func rescalings(_ scores: [Bounded]) -> [Int] {
        let tree = max(1, scores.count.bitWidth - scores.count.leadingZeroBitCount)
        var records: [Int] = []
        records.reserveCapacity(scores.count)
        var (largest, seen) = (-Double.infinity, 0)
        for score in scores {
            if score.value > largest {
                largest = score.value
                seen += 1
            }
            records.append(seen)
        }
        return records.map { seen - $0 + tree }
    }

    /// Whether the weights have bounds.
    var isCertain: Bool { spread < 0.5 }

    /// pⱼ with its bound.
    func pattern(_ index: Int) -> Bounded {
        let weight = weights[index]
        guard isCertain else { return Bounded(weight, within: 1) }
        let relative =
            (relative[index] + spread) / (1 - spread) + SharpComposites.gamma(count - 1) + 6 * SharpComposites.unit
        return Bounded(weight, within: weight * relative + 2 * SharpComposites.tiny)
    }

    /// log Σ exp(sⱼ).
    func logSumExp() -> Bounded {
        let value = maximum + logSum
        guard isCertain else { return .unknown(value) }
        let unit = SharpComposites.unit
        let error =
            -log1p(-spread) + SharpComposites.gamma(count - 1) + 6 * unit * logSum.magnitude
            + 2 * unit * (maximum.magnitude + logSum.magnitude) + SharpComposites.tiny
        return Bounded(rounding: value, error: error)
    }
}

/// Softmax, `exp(x − max x) / Σ exp(x − max x)` along one axis.
struct SharpSoftmax: SharpComposite {
    private let outer: Int
    private let size: Int
    private let inner: Int

    init?(_ request: KernelRequest) {
        guard let shape = request.inputs[0]?.shape else { return nil }
        let given = request.attributes.integer("axis")
        let axis = given < 0 ? given + shape.count : given
        outer = shape[..<axis].reduce(1, *)
        size = shape[axis]
        inner = shape[(axis + 1)...].reduce(1, *)
    }

    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?] {
        let values = inputs[0]?.floats ?? []
        var result = values
        for block in 0..<outer {
            for lane in 0..<inner {
                let places = (0..<size).map { (block * size + $0) * inner + lane }
                let row = places.map { values[$0] }
                let largest = row.reduce(-Double.infinity) { max($0, $1.value) }
                // An infinite maximum yields ∞ − ∞, and a NaN remains.
                if row.contains(where: \.isNaN) || largest.isInfinite {
                    for place in places { result[place] = Bounded(.nan, within: 0) }
                    continue
                }
                let weights = WeightRow(row)
                for (index, place) in places.enumerated() {
                    result[place] = row[index].value == -.infinity ? Bounded(0, within: 0) : weights.pattern(index)
                }
            }
        }
        return [result]
    }
}
