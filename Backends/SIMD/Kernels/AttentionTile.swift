// Attention with one query per lane: scores, maxima, sums and outputs of a tile are transposed, [keys][queries] and
// [components][queries], so that nothing is ever added or compared across lanes, and keys and values are read where they
// lie. Two vectors of queries, as wide as the tiles of the matrix product.
//
// A step over 128 keys and 64 components is 2 · 2 · 128 · 64 flops per query in the products, and 128 exponentials.

@inline(always) private var tileLanes: Int { 2 &* laneCount }

/// See `AttentionSoftmaxKernel`.
func attentionSoftmax(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ limits: UnsafePointer<Int32>?,
    _ bias: UnsafePointer<Float>?, _ softCap: Float,
    _ state: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ values: Int
) {
    let (old0, old1) = (load(state), load(state + laneCount))
    var (best0, best1) = (old0, old1)
    if limits != nil || bias != nil || softCap != 0 {
        prepareTile(scores, keys, limits, bias, softCap)
    }
    for j in 0..<keys {
        let (a, b) = (load(scores + j &* tileLanes), load(scores + (j &* tileLanes &+ laneCount)))
        // A NaN is not the maximum; its exponential makes the sum NaN.
        best0 = select(a .> best0, a, best0)
        best1 = select(b .> best1, b, best1)
    }
    let lowest = Lanes(repeating: -.infinity)
    // A lane that has seen no key: its exponentials are 0 with any finite shift.
    let shift0 = select(best0 .== lowest, 0, best0)
    let shift1 = select(best1 .== lowest, 0, best1)
    let (rescale0, rescale1) = (expNegativeLanes(old0 - shift0), expNegativeLanes(old1 - shift1))
    var sum0 = load(state + 2 &* laneCount) * rescale0
    var sum1 = load(state + 3 &* laneCount) * rescale1
    for j in 0..<keys {
        let row = scores + j &* tileLanes
        let a = expNegativeLanes(load(row) - shift0)
        let b = expNegativeLanes(load(row + laneCount) - shift1)
        store(a, row)
        store(b, row + laneCount)
        sum0 += a
        sum1 += b
    }
    store(best0, state)
    store(best1, state + laneCount)
    store(sum0, state + 2 &* laneCount)
    store(sum1, state + 3 &* laneCount)
    for d in 0..<values {
        let row = output + d &* tileLanes
        store(load(row) * rescale0, row)
        store(load(row + laneCount) * rescale1, row + laneCount)
    }
}

/// Caps the scores, adds the bias, and writes −∞ for hidden keys.
@inline(never) private func prepareTile(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ limits: UnsafePointer<Int32>?,
    _ bias: UnsafePointer<Float>?, _ softCap: Float
) {
    let cap = Lanes(repeating: softCap)
    for half in 0..<2 {
        let offset = half &* laneCount
        var first = LaneBits(repeating: .min)
        var last = LaneBits(repeating: .max)
        if let limits {
            let raw = UnsafeRawPointer(limits)
            first = raw.loadUnaligned(fromByteOffset: 4 &* offset, as: LaneBits.self)
            last = raw.loadUnaligned(fromByteOffset: 4 &* (offset &+ tileLanes), as: LaneBits.self)
        }
        for j in 0..<keys {
            let place = j &* tileLanes &+ offset
            var score = load(scores + place)
            if softCap != 0 { score = cap * tanhLanes(score / cap) }
            if let bias {
                let bias = load(bias + place)
                score = select(bias .== -.infinity, bias, score + bias)
            }
            let key = LaneBits(repeating: Int32(truncatingIfNeeded: j))
            score = select((key .>= first) .& (key .< last), score, Lanes(repeating: -.infinity))
            store(score, scores + place)
        }
    }
}

/// See `AttentionFinishKernel`.
func attentionFinish(
    _ state: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ values: Int,
    _ logSums: UnsafeMutablePointer<Float>
) {
    for half in 0..<2 {
        let offset = half &* laneCount
        let (best, sum) = (load(state + offset), load(state + (offset &+ tileLanes)))
        let saw = sum .!= 0
        let factor = select(saw, 1 / sum, Lanes(repeating: 0))
        for d in 0..<values {
            let row = output + (d &* tileLanes &+ offset)
            store(select(saw, load(row) * factor, Lanes(repeating: 0)), row)
        }
        store(select(saw, best + logLanes(sum), Lanes(repeating: -.infinity)), logSums + offset)
    }
}
