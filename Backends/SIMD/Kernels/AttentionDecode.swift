// Scores of few queries over a part of the keys, with components in lanes: each key is read once, and the work on it is
// less than the time that its bytes take from memory. With four queries a key of 128 components, 512 bytes, is 1,024 flops:
// 32 multiply-adds of 16 lanes and 11 instructions of sums.

import CSIMDSupport

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

/// See `DecodeScoresKernel`.
func decodeScores(
    _ queries: Int, _ keys: Int, _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
    _ keyStride: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int
) {
    #if ATTEND_AVX512
        if d % laneCount == 0 { return blockScores(queries, keys, d, query, key, keyStride, scores, scoreStride) }
    #endif
    singleScores(queries, keys, d, query, key, keyStride, scores, scoreStride)
}

/// One key and four queries at a time: keys are read in the order of their addresses, as the processor's prefetch follows
/// them.
@inline(always) private func singleScores(
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

#if ATTEND_AVX512
    /// Four keys and four queries, or sixteen keys and one query at a time, for components in whole vectors.
    ///
    /// Sixteen accumulators are added up as one tree, 45 instructions for 16 scores. Their lines alternate between keys,
    /// which the processor's prefetch doesn't follow: lines are asked for in the order of their addresses, 16 keys ahead
    /// and few at a time (1.8 times the speed of one key after the other; 1.1 times if all lines of four keys are asked for
    /// at once, 0.8 times in the order of the loads, 0.5 times without).
    @inline(always) private func blockScores(
        _ queries: Int, _ keys: Int, _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
        _ keyStride: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int
    ) {
        withUnsafeTemporaryAllocation(byteCount: 17 * 64, alignment: 64) { scratch in
            guard let base = scratch.baseAddress else { return }
            let sums = base.assumingMemoryBound(to: Float.self)
            var j = 0
            while j < keys {
                let count = min(16, keys - j)
                let k = key + j * keyStride
                var i = 0
                while i < queries {
                    let rows = min(4, queries - i)
                    let target = scores + (i * scoreStride + j)
                    if rows == 1, count == 16 {
                        sixteenKeys(d, query + i * d, k, keyStride, sums, target, fetches: i == 0)
                    } else {
                        for four in stride(from: 0, to: count, by: 4) {
                            let some = min(4, count - four)
                            fourKeys(
                                rows, some, d, query + i * d, k + four * keyStride, keyStride, sums, fetches: i == 0)
                            for row in 0..<rows {
                                copy(sums + (256 + 4 * row), target + (row * scoreStride + four), some)
                            }
                        }
                    }
                    i &+= 4
                }
                j &+= 16
            }
        }
    }

    /// Copies up to four scores.
    @inline(always) private func copy(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
        if count == 4 {
            let four = UnsafeRawPointer(x).loadUnaligned(as: SIMD4<Float>.self)
            UnsafeMutableRawPointer(y).storeBytes(of: four, as: SIMD4<Float>.self)
        } else {
            for index in 0..<count { y[index] = x[index] }
        }
    }

    /// Asks for lines of keys in the order of their addresses.
    private struct Fetch {
        private var line: UnsafePointer<Float>
        private var left: Int
        private let d: Int
        private let gap: Int

        @inline(always) init(_ key: UnsafePointer<Float>, _ d: Int, _ keyStride: Int) {
            (line, left, self.d, gap) = (key + 16 * keyStride, d, d, keyStride - d)
        }

        @inline(always) mutating func four() {
            attend_prefetch(line)
            attend_prefetch(line + 16)
            attend_prefetch(line + 32)
            attend_prefetch(line + 48)
            line += 64
            left &-= 64
            if left <= 0 {
                line += gap
                left &+= d
            }
        }
    }

    /// The scores of up to four queries and four keys, `[query][key]`, at `room + 256`; the last one is computed again in
    /// place of missing ones.
    @inline(never) private func fourKeys(
        _ rows: Int, _ keys: Int, _ d: Int, _ q0: UnsafePointer<Float>, _ k0: UnsafePointer<Float>, _ s: Int,
        _ room: UnsafeMutablePointer<Float>, fetches: Bool
    ) {
        let (q1, q2, q3) = (q0 + min(1, rows - 1) * d, q0 + min(2, rows - 1) * d, q0 + min(3, rows - 1) * d)
        let (k1, k2, k3) = (k0 + min(1, keys - 1) * s, k0 + min(2, keys - 1) * s, k0 + min(3, keys - 1) * s)
        let zero = Lanes(repeating: 0)
        var (a0, a1, a2, a3, b0, b1, b2, b3) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var (c0, c1, c2, c3, d0, d1, d2, d3) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var fetch = Fetch(k0, d, s)
        var c = 0
        while c < d {
            if fetches { fetch.four() }
            let (x0, x1, x2, x3) = (load(k0 + c), load(k1 + c), load(k2 + c), load(k3 + c))
            let (y0, y1, y2, y3) = (load(q0 + c), load(q1 + c), load(q2 + c), load(q3 + c))
            a0 = multiplyAdd(x0, y0, a0)
            a1 = multiplyAdd(x1, y0, a1)
            a2 = multiplyAdd(x2, y0, a2)
            a3 = multiplyAdd(x3, y0, a3)
            b0 = multiplyAdd(x0, y1, b0)
            b1 = multiplyAdd(x1, y1, b1)
            b2 = multiplyAdd(x2, y1, b2)
            b3 = multiplyAdd(x3, y1, b3)
            c0 = multiplyAdd(x0, y2, c0)
            c1 = multiplyAdd(x1, y2, c1)
            c2 = multiplyAdd(x2, y2, c2)
            c3 = multiplyAdd(x3, y2, c3)
            d0 = multiplyAdd(x0, y3, d0)
            d1 = multiplyAdd(x1, y3, d1)
            d2 = multiplyAdd(x2, y3, d2)
            d3 = multiplyAdd(x3, y3, d3)
            c &+= laneCount
        }
        storeFour(a0, a1, a2, a3, room)
        storeFour(b0, b1, b2, b3, room + 64)
        storeFour(c0, c1, c2, c3, room + 128)
        storeFour(d0, d1, d2, d3, room + 192)
        attend_sum_rows16(room, room + 256)
    }

    @inline(always) private func storeFour(
        _ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes, _ y: UnsafeMutablePointer<Float>
    ) {
        store(a, y)
        store(b, y + 16)
        store(c, y + 32)
        store(d, y + 48)
    }

    /// The scores of one query and sixteen keys.
    @inline(never) private func sixteenKeys(
        _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>, _ s: Int,
        _ room: UnsafeMutablePointer<Float>, _ scores: UnsafeMutablePointer<Float>, fetches: Bool
    ) {
        let zero = Lanes(repeating: 0)
        var (a0, a1, a2, a3, a4, a5, a6, a7) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var (b0, b1, b2, b3, b4, b5, b6, b7) = (zero, zero, zero, zero, zero, zero, zero, zero)
        var fetch = Fetch(key, d, s)
        var (k, c) = (key, 0)
        while c < d {
            let q = load(query + c)
            let k8 = k + 8 * s
            if fetches {
                fetch.four()
                fetch.four()
            }
            a0 = multiplyAdd(q, load(k), a0)
            a1 = multiplyAdd(q, load(k + s), a1)
            a2 = multiplyAdd(q, load(k + 2 * s), a2)
            a3 = multiplyAdd(q, load(k + 3 * s), a3)
            a4 = multiplyAdd(q, load(k + 4 * s), a4)
            a5 = multiplyAdd(q, load(k + 5 * s), a5)
            a6 = multiplyAdd(q, load(k + 6 * s), a6)
            a7 = multiplyAdd(q, load(k + 7 * s), a7)
            if fetches {
                fetch.four()
                fetch.four()
            }
            b0 = multiplyAdd(q, load(k8), b0)
            b1 = multiplyAdd(q, load(k8 + s), b1)
            b2 = multiplyAdd(q, load(k8 + 2 * s), b2)
            b3 = multiplyAdd(q, load(k8 + 3 * s), b3)
            b4 = multiplyAdd(q, load(k8 + 4 * s), b4)
            b5 = multiplyAdd(q, load(k8 + 5 * s), b5)
            b6 = multiplyAdd(q, load(k8 + 6 * s), b6)
            b7 = multiplyAdd(q, load(k8 + 7 * s), b7)
            k += laneCount
            c &+= laneCount
        }
        storeFour(a0, a1, a2, a3, room)
        storeFour(a4, a5, a6, a7, room + 64)
        storeFour(b0, b1, b2, b3, room + 128)
        storeFour(b4, b5, b6, b7, room + 192)
        attend_sum_rows16(room, scores)
    }
#endif

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
