import AttendRuntime
import Foundation

/// `attention.v1` on the host, query by query in double precision, with or without a mistake.
struct AttentionReading {
    let batch: Int
    let heads: Int
    let shared: Int
    let queries: Int
    let keys: Int
    private let width: Int
    private let valueWidth: Int
    private let inputs: [[Float]]
    private let dtype: DType
    private let scale: Double
    private let cap: Double?
    let visibility: AttentionReadingVisibility

    struct Row {
        var output: [Double]
        var pattern: [Double]
        var logSumExp: Double

        var parts: [[Double]] { [output, pattern, [logSumExp]] }
    }

    init?(_ call: FaultyCall) {
        let (query, key, value) = (call.shape(ofInput: 0), call.shape(ofInput: 1), call.shape(ofInput: 2))
        guard query.count == 4, key.count == 4, value.count == 4, key[1] > 0 else { return nil }
        (batch, heads, queries, width) = (query[0], query[1], query[2], query[3])
        (shared, keys, valueWidth) = (key[1], key[2], value[3])
        inputs = [call.floats(ofInput: 0), call.floats(ofInput: 1), call.floats(ofInput: 2)]
        dtype = call.request.inputs[0]?.dtype ?? .float32
        scale = call.attributes.optionalNumber("scale") ?? 1 / Double(max(1, width)).squareRoot()
        cap = call.attributes.optionalNumber("soft_cap").flatMap { $0 == 0 ? nil : $0 }
        visibility = AttentionReadingVisibility(call, scores: [batch, heads, queries, keys])
    }

    /// Replaces the row of one query, one in which the mistake affects a requested output.
    static func spoil(_ call: inout FaultyCall, _ mistake: AttentionMistake) {
        guard let reading = AttentionReading(call) else { return }
        let (heads, queries) = (reading.heads, reading.queries)
        let wanted = call.request.outputs.map { $0 != nil }
        let types = call.request.outputs.map { $0?.dtype ?? .float32 }
        call.search(count: reading.batch * heads * queries) { place in
            let (sequence, head, query) = (place / (heads * queries), place / queries % heads, place % queries)
            let right = reading.row(sequence, head, query, nil).parts
            let wrong = reading.row(sequence, head, query, mistake).parts
            let spoiled = right.indices.filter { part in
                guard wanted[part], right[part].allSatisfy(\.isFinite) else { return false }
                let scale = Float(right[part].map(\.magnitude).max() ?? 0)
                let dtype = types[part]
                return zip(right[part], wrong[part]).contains {
                    Differences.isMaterial(Float($0).stored(as: dtype), Float($1).stored(as: dtype), scale)
                }
            }
            guard !spoiled.isEmpty else { return nil }
            return { call in
                for part in spoiled {
                    let width = wrong[part].count
                    call.set(place * width..<(place + 1) * width, to: wrong[part].map { Float($0) }, output: part)
                }
            }
        }
    }

    func row(_ sequence: Int, _ head: Int, _ query: Int, _ mistake: AttentionMistake?) -> Row {
        let source = mistake == .headTiling ? head % shared : head / max(1, heads / shared)
        let matrix = sequence * shared + source
        let seen = visibility.row(sequence, head, query, mistake)
        var isVisible = seen
        var scores = (0..<keys).map { key -> Double in
            let first = ((sequence * heads + head) * queries + query) * width
            let bias = visibility.bias(sequence, mistake == .biasOfFirstHead ? 0 : head, query, key)
            return score(dot(first, (matrix * keys + key) * width, mistake), bias, mistake)
        }
        if mistake == .narrowScores { scores = scores.map(kept) }
        if mistake == .capAfterMask, let cap {
            for key in 0..<keys where !seen[key] { (scores[key], isVisible[key]) = (-cap, true) }
        }
        if mistake == .emptyRowMean, !seen.contains(true) {
            (scores, isVisible) = (scores.map { _ in -10_000 }, seen.map { _ in true })
        }
        if mistake == .lastKeyDropped, keys > 0 { isVisible[keys - 1] = false }
        let counted = mistake == .maskAfterSoftmax ? seen.map { _ in true } : isVisible
        return weighed(scores, counted, isVisible, matrix, query, mistake)
    }

    /// A number rounded to the queries' type.
    private func kept(_ number: Double) -> Double { Double(Float(number).stored(as: dtype)) }

    // MARK: Scores

    private func dot(_ query: Int, _ key: Int, _ mistake: AttentionMistake?) -> Double {
        guard mistake == .halfScores else {
            let count = mistake == .oddKeyComponent ? width - 1 : width
            return (0..<count).reduce(0.0) { sum, index in
                let isPaired = mistake == .keyPairsSwapped && index ^ 1 < width
                return sum + Double(inputs[0][query + index]) * Double(inputs[1][key + (isPaired ? index ^ 1 : index)])
            }
        }
        var sum: Float = 0
        for index in 0..<width {
            sum = NarrowFloat.float(
                float16: NarrowFloat.float16(sum + inputs[0][query + index] * inputs[1][key + index]))
        }
        return Double(sum)
    }

    private func score(_ dot: Double, _ bias: Double, _ mistake: AttentionMistake?) -> Double {
        var scale = self.scale
        switch mistake {
        case .scaleHigh: scale *= 1.001
        case .scaleLow: scale *= 0.999
        case .scaleOfDimension: scale = 1 / Double(max(1, width))
        case .capBeforeScale: if let cap { return cap * tanh(dot / cap) * scale + bias }
        case .biasBeforeCap: if let cap { return cap * tanh((dot * scale + bias) / cap) }
        case .biasScaled: if cap == nil { return (dot + bias) * scale }
        default: break
        }
        let score = dot * scale
        return (cap.map { $0 * tanh(score / $0) } ?? score) + bias
    }

    // MARK: Softmax and values

    /// - Parameters:
    ///   - counted: The keys in the sum of the softmax.
    ///   - visible: The keys whose values are summed.
    private func weighed(
        _ scores: [Double], _ counted: [Bool], _ visible: [Bool], _ matrix: Int, _ query: Int,
        _ mistake: AttentionMistake?
    ) -> Row {
        var maximum = zip(scores, counted).reduce(-Double.infinity) { $1.1 ? max($0, $1.0) : $0 }
        let padding = mistake == .tilePadding ? (16 - keys % 16) % 16 : 0
        if padding > 0 { maximum = max(maximum, 0) }
        if mistake == .hiddenKeyNaN, zip(scores, counted).contains(where: { $0.isNaN && !$1 }) { maximum = .nan }
        let shift = mistake == .noMaximum ? 0 : maximum
        // Without the maximum, float32 overflows.
        func exponent(_ score: Double) -> Double {
            mistake == .narrowExponents ? kept(score - shift) : score - shift
        }
        var weights = zip(scores, counted).map { $1 ? Double(Float(exp(exponent($0)))) : 0 }
        let sum = weights.reduce(0, +) + (padding > 0 ? Double(padding) * exp(-shift) : 0)
        let divisor = sum == 0 && mistake != .noMaximum && mistake != .emptyRowNaN ? 1 : sum
        var pattern = zip(weights, visible).map { $1 ? $0 / divisor : 0 }
        weights = mistake == .halfWeights ? pattern.map { Double(NarrowFloat.bfloat16Rounded(Float($0))) } : pattern
        if mistake == .narrowWeights { weights = pattern.map(kept) }
        var output = (0..<valueWidth).map { component in
            gathered(weights, visible, matrix, component, mistake)
        }
        if mistake == .rescaleForgotten { output = unscaled(scores, visible, matrix, sum, maximum) }
        if mistake == .lastRowDropped, query == queries - 1 { output = output.map { _ in 0 } }
        if mistake == .emptyRowNaN, sum == 0 { output = output.map { _ in .nan } }
        if mistake == .patternUnmasked {
            let all = scores.map { exp($0 - (scores.max() ?? 0)) }
            pattern = all.map { $0 / all.reduce(0, +) }
        }
        if mistake == .smallPatternFlushed { pattern = pattern.map { $0 < 0x1p-14 ? 0 : $0 } }
        if mistake == .patternNotNormalized { pattern = pattern.map { $0 * sum } }
        var logSumExp = log(sum) + shift
        if mistake == .sumWithoutMaximum { logSumExp = log(sum) }
        if mistake == .narrowMaximum { logSumExp = log(sum) + kept(shift) }
        if mistake == .sumInBits { logSumExp /= log(2) }
        return Row(output: output, pattern: pattern, logSumExp: logSumExp)
    }

    private func value(_ matrix: Int, _ key: Int, _ component: Int, _ mistake: AttentionMistake?) -> Double {
        let place = matrix * keys * valueWidth + key * (mistake == .valueStride ? width : valueWidth) + component
        return Double(inputs[2][place % inputs[2].count])
    }

    private func gathered(
        _ weights: [Double], _ visible: [Bool], _ matrix: Int, _ component: Int, _ mistake: AttentionMistake?
    ) -> Double {
        var sum = 0.0
        for key in 0..<keys where visible[key] || mistake == .hiddenNaN {
            sum += weights[key] * value(matrix, key, component, mistake)
            if mistake == .narrowSums { sum = kept(sum) }
        }
        return sum
    }

    /// The output with tiles of 16 keys whose products are not rescaled when the maximum grows.
    private func unscaled(
        _ scores: [Double], _ visible: [Bool], _ matrix: Int, _ sum: Double, _ maximum: Double
    ) -> [Double] {
        var output = Array(repeating: 0.0, count: valueWidth)
        var largest = -Double.infinity
        for key in 0..<keys where visible[key] {
            if key % 16 == 0 || largest == -.infinity {
                let tile = key..<min(keys, (key / 16 + 1) * 16)
                for other in tile where visible[other] { largest = max(largest, scores[other]) }
            }
            for component in 0..<valueWidth {
                output[component] += exp(scores[key] - largest) / sum * value(matrix, key, component, nil)
            }
        }
        return output
    }
}

extension NarrowFloat {
    static func bfloat16Rounded(_ value: Float) -> Float { float(bfloat16: bfloat16(value)) }
}
