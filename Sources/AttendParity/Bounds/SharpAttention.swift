import AttendRuntime
import Foundation
import ReferenceBackend

/// The analysis of `attention.v1`, bounded by Σ pⱼ·|vⱼ − o| (see ``WeightRow``).
///
/// It is implemented independently of the operation's definition, as a second implementation of the semantics. A test
/// compares its values with the oracle's, which are from the definition.
struct SharpAttention: SharpComposite {
    private let sizes: Sizes
    private let attributes: Attributes
    private let visibility: Visibility
    private let bias: Layout?
    private let wanted: [Bool]

    struct Sizes {
        let batch: Int
        let heads: Int
        let queries: Int
        let keys: Int
        let keyValueHeads: Int
        let width: Int
        let valueWidth: Int

        var scores: [Int] { [batch, heads, queries, keys] }
    }

    init?(_ request: KernelRequest) {
        guard let query = request.inputs[0]?.shape, let key = request.inputs[1]?.shape,
            let value = request.inputs[2]?.shape
        else { return nil }
        sizes = Sizes(
            batch: query[0], heads: query[1], queries: query[2], keys: key[2], keyValueHeads: key[1], width: query[3],
            valueWidth: value[3])
        attributes = request.attributes
        visibility = Visibility(request, sizes)
        let scores = sizes.scores
        bias = request.inputs[4].map { Layout(dense: $0.shape).broadcast(to: scores) }
        wanted = request.outputs.map { $0 != nil }
    }

    func evaluate(_ inputs: [SharpInput?]) -> [[Bounded]?] {
        let (query, key) = (inputs[0]?.floats ?? [], inputs[1]?.floats ?? [])
        let (value, biases) = (inputs[2]?.floats ?? [], inputs[4]?.floats ?? [])
        var (output, pattern, sums): ([Bounded], [Bounded], [Bounded]) = ([], [], [])
        let group = sizes.heads / max(1, sizes.keyValueHeads)
        for batch in 0..<sizes.batch {
            for head in 0..<sizes.heads {
                let matrix = batch * sizes.keyValueHeads + head / max(1, group)
                let keys = key[matrix * sizes.keys * sizes.width..<(matrix + 1) * sizes.keys * sizes.width]
                let valueCount = sizes.keys * sizes.valueWidth
                let values = Array(value[matrix * valueCount..<(matrix + 1) * valueCount])
                for row in 0..<sizes.queries {
                    let start = ((batch * sizes.heads + head) * sizes.queries + row) * sizes.width
                    let visible = visibility.row(inputs, batch, head, row)
                    let scores = (0..<sizes.keys).map { index -> Bounded in
                        guard visible[index] else { return Bounded(-.infinity, within: 0) }
                        let first = keys.startIndex + index * sizes.width
                        let product = dot(query[start..<start + sizes.width], keys[first..<first + sizes.width])
                        return score(product, bias.map { biases[$0.position([batch, head, row, index])] })
                    }
                    append(scores, visible, values, &output, &pattern, &sums)
                }
            }
        }
        return [wanted[0] ? output : nil, wanted[1] ? pattern : nil, wanted[2] ? sums : nil]
    }

    /// query · key. Backends may scale the query first, which adds one rounding to each product.
    private func dot(_ query: ArraySlice<Bounded>, _ key: ArraySlice<Bounded>) -> (product: Bounded, magnitude: Double)
    {
        var sum = BoundedSum(Bounded(0.0))
        var magnitude = 0.0
        for (left, right) in zip(query, key) {
            sum.add(product: left, right)
            magnitude += left.reach * right.reach
        }
        var product = sum.value
        // A certain infinity or NaN has no bound.
        if product.value.isFinite { product.bound += SharpComposites.unit * magnitude }
        return (product, magnitude)
    }

    /// The score: scaled, capped and biased. The scale is a rounded constant, or computed at run time.
    private func score(_ dot: (product: Bounded, magnitude: Double), _ bias: Bounded?) -> Bounded {
        let given = attributes.optionalNumber("scale") ?? 1 / Double(max(sizes.width, 1)).squareRoot()
        let scale = Bounded(given)
        var score = dot.product * scale
        if score.value.isFinite { score.bound += 3 * SharpComposites.unit * score.value.magnitude }
        if let cap = attributes.optionalNumber("soft_cap"), cap != 0 {
            let cap = Bounded(cap)
            score = Bounded.tanh(score / cap) * cap
        }
        return bias.map { score + $0 } ?? score
    }

    // MARK: One row

    private func append(
        _ scores: [Bounded], _ visible: [Bool], _ values: [Bounded], _ output: inout [Bounded],
        _ pattern: inout [Bounded], _ sums: inout [Bounded]
    ) {
        let seen = zip(scores, visible).filter(\.1).map(\.0)
        let largest = seen.reduce(-Double.infinity) { max($0, $1.value) }
        let isSpoiled = seen.contains { ($0.isNaN || $0.value == .infinity) && $0.bound < .infinity }
        if isSpoiled || (!seen.isEmpty && largest.isInfinite) || seen.contains(where: \.isNaN) {
            // The result is not a number. The kind of NaN or infinity, and the pattern, are unspecified; with a NaN
            // that may be −∞, everything is.
            let spoiled: Bounded = isSpoiled ? .unknown(.nan) : .unknown(0)
            output += Array(repeating: spoiled, count: sizes.valueWidth)
            pattern += Array(repeating: .unknown(0), count: sizes.keys)
            sums.append(.unknown(0))
            return
        }
        // In float32 a score may overflow although the analysis has a number: the values are kept, without a bound.
        let mayRise = seen.contains { !($0.value + $0.bound <= Bounded.overflow) }
        let mayHideAll = !seen.isEmpty && seen.allSatisfy { !($0.value - $0.bound >= -Bounded.overflow) }
        let isOpen = mayRise || mayHideAll
        func claimed(_ number: Bounded) -> Bounded { isOpen ? .unknown(number.value) : number }
        let row = WeightRow(scores)
        pattern += (0..<sizes.keys).map { claimed(visible[$0] ? row.pattern($0) : Bounded(0, within: 0)) }
        sums.append(seen.isEmpty ? Bounded(-.infinity, within: 0) : claimed(row.logSumExp()))
        for component in 0..<sizes.valueWidth {
            output.append(seen.isEmpty ? Bounded(0, within: 0) : claimed(mixed(row, visible, values, component)))
        }
    }

    /// One component of the output, Σ pⱼvⱼ, with its bound.
    private func mixed(_ row: WeightRow, _ visible: [Bool], _ values: [Bounded], _ component: Int) -> Bounded {
        var (mean, magnitude, passed) = (0.0, 0.0, 0.0)
        for index in 0..<sizes.keys where visible[index] {
            let value = values[index * sizes.valueWidth + component]
            guard value.value.isFinite else { return .unknown(.nan) }
            // In float32 it may be infinite: then the result is that, or NaN.
            if value.bound < .infinity, value.reach >= Bounded.overflow { return .anything }
            mean += row.weights[index] * value.value
            magnitude += row.weights[index] * value.reach
            passed += row.weights[index] * value.bound
        }
        var (deviation, widest, largest) = (0.0, 0.0, 0.0)
        for index in 0..<sizes.keys where visible[index] {
            let value = values[index * sizes.valueWidth + component]
            let distance = (value.value - mean).magnitude
            if row.weights[index] > 0 { deviation += row.weights[index] * row.relative[index] * distance }
            widest = max(widest, distance)
            largest = max(largest, value.reach)
        }
        let unit = SharpComposites.unit
        // A weighted mean of the values is within their range for any weights.
        var bound = row.isCertain ? min(deviation / (1 - row.spread), widest) : widest
        let growth = row.isCertain ? (1 + row.spread) / (1 - row.spread) : 2
        let products = (SharpComposites.gamma(row.count) + 6 * unit) * (row.isCertain ? magnitude * growth : largest)
        bound += products + (SharpComposites.gamma(row.count - 1) + 5 * unit) * (mean.magnitude + bound)
        bound += passed * growth + Double(row.count) * SharpComposites.tiny * max(1, largest)
        return Bounded(mean, within: bound)
    }
}

extension Layout {
    /// The position of an element in memory, in elements.
    func position(_ index: [Int]) -> Int {
        var position = offset
        for axis in index.indices { position += index[axis] * strides[axis] }
        return position
    }
}
