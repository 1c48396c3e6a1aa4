import CSIMDSupport

/// The attention pattern of one query, in place, over its visible keys; returns log Σ exp of the visible scores.
///
/// A predicate excludes hidden keys: they are stored as −∞ between the passes only, below a finite maximum, where the
/// exponential is exactly 0.
func attentionRow(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?,
    _ bias: UnsafePointer<Float>?, _ scale: Float, _ softCap: Float
) -> Float {
    let best = prepare(scores, keys, visible, bias, scale, softCap)
    guard best.isFinite else { return poison(scores, keys, visible, bias) }
    let sum = exponentials(scores, scores, keys, shift: best)
    let factor = Lanes(repeating: 1 / sum)
    map(scores, scores, keys) { $0 * factor }
    return best + logarithm(sum)
}

/// Scales and caps each score, adds its bias, and writes −∞ for hidden keys; returns the maximum, or NaN. The branches
/// on optional inputs are constant over a row, hence well predicted.
@inline(always) func prepare(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?,
    _ bias: UnsafePointer<Float>?, _ scale: Float, _ softCap: Float
) -> Float {
    let capped = softCap != 0
    let scale = Lanes(repeating: scale)
    let cap = Lanes(repeating: softCap)
    var best = Lanes(repeating: -.infinity)
    var i = 0
    while i < keys {
        let count = min(laneCount, keys - i)
        var score = (count == laneCount ? load(scores + i) : load(scores + i, first: count)) * scale
        if capped { score = cap * tanhLanes(score / cap) }
        if let bias { score = withBias(bias + i, count, score) }
        if let visible { score = select(seen(visible + i, count), score, Lanes(repeating: -.infinity)) }
        if count == laneCount {
            store(score, scores + i)
        } else {
            store(score, scores + i, first: count)
            score = load(scores + i, first: count, fill: -.infinity)
        }
        best = maximumLanes(score, best)
        i &+= laneCount
    }
    return largest(best)
}

@inline(always) private func seen(_ visible: UnsafePointer<UInt8>, _ count: Int) -> LaneMask {
    guard count == laneCount else {
        var flags = LaneBits(repeating: 0)
        for i in 0..<count { flags[i] = Int32(visible[i]) }
        return flags .!= 0
    }
    // SIMD's own conversion of bytes would be a weak generic function, and a loop over lanes would go through memory.
    var flags = LaneBits(repeating: 0)
    #if ATTEND_AVX512
        attend_widen16(visible, &flags)
    #elseif ATTEND_AVX2
        attend_widen8(visible, &flags)
    #else
        attend_widen4(visible, &flags)
    #endif
    return flags .!= 0
}

@inline(always) private func withBias(_ bias: UnsafePointer<Float>, _ count: Int, _ score: Lanes) -> Lanes {
    let bias = count == laneCount ? load(bias) : load(bias, first: count)
    return select(bias .== -.infinity, bias, score + bias)
}

/// A row without a finite maximum: zeros if no key is visible, else NaN at the visible keys.
@inline(never) private func poison(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?, _ bias: UnsafePointer<Float>?
) -> Float {
    var result = -Float.infinity
    for i in 0..<keys {
        var isVisible = true
        if let visible { isVisible = visible[i] != 0 }
        if let bias, bias[i] == -.infinity { isVisible = false }
        scores[i] = isVisible ? .nan : 0
        if isVisible { result = .nan }
    }
    return result
}
