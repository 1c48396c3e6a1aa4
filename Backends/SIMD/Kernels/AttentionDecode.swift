// Attention of few queries over a part of the keys, with components in lanes: each key and value is read once, in order,
// and the work on it is less than the time that its bytes take from memory.

/// The lanes added up to four.
@inline(always) private func quarter(_ v: Lanes) -> SIMD4<Float> {
    #if ATTEND_AVX512
        let eight = v.lowHalf + v.highHalf
        return eight.lowHalf + eight.highHalf
    #elseif ATTEND_AVX2
        return v.lowHalf + v.highHalf
    #else
        return v
    #endif
}

/// The totals of four vectors: halves are added down to four lanes, and the four are added as columns.
@inline(always) private func totals(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) -> SIMD4<Float> {
    let (a, b, c, d) = (quarter(a), quarter(b), quarter(c), quarter(d))
    let low = SIMD4(a[0], b[0], c[0], d[0]) + SIMD4(a[2], b[2], c[2], d[2])
    let high = SIMD4(a[1], b[1], c[1], d[1]) + SIMD4(a[3], b[3], c[3], d[3])
    return low + high
}

/// See `DecodeScoresKernel`. One key and four queries at a time: keys are read in the order of their addresses, as the
/// processor's prefetch follows them.
func decodeScores(
    _ queries: Int, _ keys: Int, _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
    _ keyStride: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int
) {
    let whole = d - d % laneCount
    let paired = d - d % (2 &* laneCount)
    var i = 0
    while i < queries {
        let rows = min(4, queries - i)
        let q0 = query + i * d
        // In place of missing queries the last one is computed again.
        let q1 = query + (i + min(1, rows - 1)) * d
        let q2 = query + (i + min(2, rows - 1)) * d
        let q3 = query + (i + min(3, rows - 1)) * d
        for j in 0..<keys {
            let k = key + j * keyStride
            let target = scores + (i * scoreStride + j)
            let zero = Lanes(repeating: 0)
            var (a0, a1, a2, a3) = (zero, zero, zero, zero)
            if rows == 1 {
                var c = 0
                while c < paired {
                    a0 = multiplyAdd(load(k + c), load(q0 + c), a0)
                    a1 = multiplyAdd(load(k + (c &+ laneCount)), load(q0 + (c &+ laneCount)), a1)
                    c &+= 2 &* laneCount
                }
                if c < whole { a0 = multiplyAdd(load(k + c), load(q0 + c), a0) }
                var sum = total(a0 + a1)
                for c in whole..<d { sum += q0[c] * k[c] }
                target[0] = sum
                continue
            }
            var (b0, b1, b2, b3) = (zero, zero, zero, zero)
            var c = 0
            while c < paired {
                let (x, y) = (load(k + c), load(k + (c &+ laneCount)))
                let next = c &+ laneCount
                a0 = multiplyAdd(x, load(q0 + c), a0)
                a1 = multiplyAdd(x, load(q1 + c), a1)
                a2 = multiplyAdd(x, load(q2 + c), a2)
                a3 = multiplyAdd(x, load(q3 + c), a3)
                b0 = multiplyAdd(y, load(q0 + next), b0)
                b1 = multiplyAdd(y, load(q1 + next), b1)
                b2 = multiplyAdd(y, load(q2 + next), b2)
                b3 = multiplyAdd(y, load(q3 + next), b3)
                c &+= 2 &* laneCount
            }
            if c < whole {
                let x = load(k + c)
                a0 = multiplyAdd(x, load(q0 + c), a0)
                a1 = multiplyAdd(x, load(q1 + c), a1)
                a2 = multiplyAdd(x, load(q2 + c), a2)
                a3 = multiplyAdd(x, load(q3 + c), a3)
            }
            var sums = totals(a0 + b0, a1 + b1, a2 + b2, a3 + b3)
            for c in whole..<d { sums += k[c] * SIMD4(q0[c], q1[c], q2[c], q3[c]) }
            target[0] = sums[0]
            target[scoreStride] = sums[1]
            if rows > 2 { target[2 * scoreStride] = sums[2] }
            if rows > 3 { target[3 * scoreStride] = sums[3] }
        }
        i &+= 4
    }
}

/// See `DecodeRowKernel`.
func decodeRow(
    _ scores: UnsafeMutablePointer<Float>, _ keys: Int, _ visible: UnsafePointer<UInt8>?,
    _ bias: UnsafePointer<Float>?, _ softCap: Float, _ state: UnsafeMutablePointer<Float>
) {
    // A NaN among the scores makes the maximum NaN, and every exponential with it.
    let best = prepare(scores, keys, visible, bias, 1, softCap)
    state[0] = best
    state[1] = exponentials(scores, scores, keys, shift: best == -.infinity ? 0 : best)
}

/// See `DecodeValuesKernel`. Eight vectors of components of two queries where the registers suffice, so that values of 128
/// components are read in the order of their addresses; else four vectors of one query, or one or two of four queries.
func decodeValues(
    _ queries: Int, _ keys: Int, _ d: Int, _ pattern: UnsafePointer<Float>, _ patternStride: Int,
    _ value: UnsafePointer<Float>, _ valueStride: Int, _ output: UnsafeMutablePointer<Float>
) {
    var i = 0
    while i < queries {
        let rows = min(4, queries - i)
        let (p, o) = (pattern + i * patternStride, output + i * d)
        var c = 0
        #if ATTEND_AVX512
            while c &+ 8 &* laneCount <= d {
                for row in stride(from: 0, to: rows, by: 2) {
                    let second = min(row + 1, rows - 1)
                    eightVectors(
                        keys, p + row * patternStride, p + second * patternStride, value + c, valueStride,
                        o + (row * d + c), o + (second * d + c))
                }
                c &+= 8 &* laneCount
            }
        #endif
        while rows == 1, c &+ 4 &* laneCount <= d {
            fourVectors(keys, p, value + c, valueStride, o + c)
            c &+= 4 &* laneCount
        }
        while c &+ laneCount <= d {
            let isPair = c &+ 2 &* laneCount <= d
            fourQueries(
                rows, keys, p, patternStride, value + c, valueStride, next: isPair ? laneCount : 0, o + c, d)
            c &+= isPair ? 2 &* laneCount : laneCount
        }
        for row in 0..<rows {
            for column in c..<d {
                var sum: Float = 0
                for j in 0..<keys { sum += p[row * patternStride + j] * value[j * valueStride + column] }
                o[row * d + column] = sum
            }
        }
        i &+= 4
    }
}

/// Four vectors of components of one query, so that additions don't wait for each other.
@inline(never) private func fourVectors(
    _ keys: Int, _ p: UnsafePointer<Float>, _ value: UnsafePointer<Float>, _ valueStride: Int,
    _ output: UnsafeMutablePointer<Float>
) {
    let zero = Lanes(repeating: 0)
    var (a0, a1, a2, a3) = (zero, zero, zero, zero)
    var v = value
    for j in 0..<keys {
        let x = Lanes(repeating: p[j])
        a0 = multiplyAdd(x, load(v), a0)
        a1 = multiplyAdd(x, load(v + laneCount), a1)
        a2 = multiplyAdd(x, load(v + 2 &* laneCount), a2)
        a3 = multiplyAdd(x, load(v + 3 &* laneCount), a3)
        v += valueStride
    }
    store(a0, output)
    store(a1, output + laneCount)
    store(a2, output + 2 &* laneCount)
    store(a3, output + 3 &* laneCount)
}

/// Two vectors of components, `next` apart, of up to four queries; 0 for one vector. The last query is computed again in
/// place of missing ones.
@inline(never) private func fourQueries(
    _ rows: Int, _ keys: Int, _ pattern: UnsafePointer<Float>, _ patternStride: Int, _ value: UnsafePointer<Float>,
    _ valueStride: Int, next: Int, _ output: UnsafeMutablePointer<Float>, _ d: Int
) {
    let (r1, r2, r3) = (min(1, rows - 1), min(2, rows - 1), min(3, rows - 1))
    let (p1, p2, p3) = (pattern + r1 * patternStride, pattern + r2 * patternStride, pattern + r3 * patternStride)
    let zero = Lanes(repeating: 0)
    var (a0, a1, a2, a3) = (zero, zero, zero, zero)
    var (b0, b1, b2, b3) = (zero, zero, zero, zero)
    var v = value
    for j in 0..<keys {
        let (x, y) = (load(v), load(v + next))
        let (w0, w1) = (Lanes(repeating: pattern[j]), Lanes(repeating: p1[j]))
        let (w2, w3) = (Lanes(repeating: p2[j]), Lanes(repeating: p3[j]))
        a0 = multiplyAdd(w0, x, a0)
        b0 = multiplyAdd(w0, y, b0)
        a1 = multiplyAdd(w1, x, a1)
        b1 = multiplyAdd(w1, y, b1)
        a2 = multiplyAdd(w2, x, a2)
        b2 = multiplyAdd(w2, y, b2)
        a3 = multiplyAdd(w3, x, a3)
        b3 = multiplyAdd(w3, y, b3)
        v += valueStride
    }
    store(a0, output)
    store(b0, output + next)
    store(a1, output + r1 * d)
    store(b1, output + (r1 * d + next))
    store(a2, output + r2 * d)
    store(b2, output + (r2 * d + next))
    store(a3, output + r3 * d)
    store(b3, output + (r3 * d + next))
}

#if ATTEND_AVX512
    /// Eight vectors of components of two queries, which may be the same.
    @inline(never) private func eightVectors(
        _ keys: Int, _ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ valueStride: Int, _ output: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>
    ) {
        let zero = Lanes(repeating: 0)
        var (a0, a1, a2, a3, a4, a5, a6, a7) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var (b0, b1, b2, b3, b4, b5, b6, b7) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var v = value
        for j in 0..<keys {
            let (x, y) = (Lanes(repeating: p[j]), Lanes(repeating: q[j]))
            let (v0, v1, v2, v3) = (load(v), load(v + 16), load(v + 32), load(v + 48))
            let (v4, v5, v6, v7) = (load(v + 64), load(v + 80), load(v + 96), load(v + 112))
            a0 = multiplyAdd(x, v0, a0)
            a1 = multiplyAdd(x, v1, a1)
            a2 = multiplyAdd(x, v2, a2)
            a3 = multiplyAdd(x, v3, a3)
            a4 = multiplyAdd(x, v4, a4)
            a5 = multiplyAdd(x, v5, a5)
            a6 = multiplyAdd(x, v6, a6)
            a7 = multiplyAdd(x, v7, a7)
            b0 = multiplyAdd(y, v0, b0)
            b1 = multiplyAdd(y, v1, b1)
            b2 = multiplyAdd(y, v2, b2)
            b3 = multiplyAdd(y, v3, b3)
            b4 = multiplyAdd(y, v4, b4)
            b5 = multiplyAdd(y, v5, b5)
            b6 = multiplyAdd(y, v6, b6)
            b7 = multiplyAdd(y, v7, b7)
            v += valueStride
        }
        store(a0, output)
        store(a1, output + 16)
        store(a2, output + 32)
        store(a3, output + 48)
        store(a4, output + 64)
        store(a5, output + 80)
        store(a6, output + 96)
        store(a7, output + 112)
        store(b0, other)
        store(b1, other + 16)
        store(b2, other + 32)
        store(b3, other + 48)
        store(b4, other + 64)
        store(b5, other + 80)
        store(b6, other + 96)
        store(b7, other + 112)
    }
#endif
