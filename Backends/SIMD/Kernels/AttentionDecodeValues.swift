// Sums of values weighted by the attention pattern, of few queries over a part of the keys, with components in lanes.
// With four queries a value of 128 components, 512 bytes, is 1,024 flops: 32 multiply-adds of 16 lanes.

import CSIMDSupport

/// Keys whose values stay in the first-level cache while all queries use them: 8 KB of 128 components.
@inline(always) private var blockKeys: Int { 16 }

/// See `DecodeValuesKernel`. Blocks of 16 keys, so that values come from memory once and in the order of their addresses:
/// the second pair of queries finds them in the first-level cache (with all keys of a part in a block, values of 128
/// components came at 0.8 times that speed).
func decodeValues(
    _ queries: Int, _ keys: Int, _ d: Int, _ pattern: UnsafePointer<Float>, _ patternStride: Int,
    _ value: UnsafePointer<Float>, _ valueStride: Int, _ output: UnsafeMutablePointer<Float>, _ outputStride: Int,
    _ accumulate: Bool
) {
    if !accumulate {
        for i in 0..<queries { (output + i * outputStride).update(repeating: 0, count: d) }
    }
    var j = 0
    while j < keys {
        let count = min(blockKeys, keys - j)
        var i = 0
        while i < queries {
            addValues(
                min(4, queries - i), count, d, pattern + (i * patternStride + j), patternStride,
                value + j * valueStride, valueStride, output + i * outputStride, outputStride)
            i &+= 4
        }
        j &+= blockKeys
    }
}

/// Adds a block of keys to the outputs of up to four queries: eight vectors of components of two queries, or four of
/// four queries, where the registers suffice; else four vectors of one query, or one or two of four queries.
@inline(always) private func addValues(
    _ rows: Int, _ keys: Int, _ d: Int, _ p: UnsafePointer<Float>, _ patternStride: Int,
    _ value: UnsafePointer<Float>, _ valueStride: Int, _ o: UnsafeMutablePointer<Float>, _ outputStride: Int
) {
    var c = 0
    #if ATTEND_AVX512
        while c &+ 8 &* laneCount <= d {
            for row in stride(from: 0, to: rows, by: 2) {
                let second = min(row + 1, rows - 1)
                eightVectors(
                    keys, p + row * patternStride, p + second * patternStride, value + c, valueStride,
                    o + (row * outputStride + c), o + (second * outputStride + c), fetches: row == 0)
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
            rows, keys, p, patternStride, value + c, valueStride, next: isPair ? laneCount : 0, o + c,
            outputStride)
        c &+= isPair ? 2 &* laneCount : laneCount
    }
    for row in 0..<rows {
        for column in c..<d {
            var sum = o[row * outputStride + column]
            for j in 0..<keys { sum += p[row * patternStride + j] * value[j * valueStride + column] }
            o[row * outputStride + column] = sum
        }
    }
}

/// Four vectors of components of one query, so that additions don't wait for each other.
@inline(never) private func fourVectors(
    _ keys: Int, _ p: UnsafePointer<Float>, _ value: UnsafePointer<Float>, _ valueStride: Int,
    _ output: UnsafeMutablePointer<Float>
) {
    var (a0, a1) = (load(output), load(output + laneCount))
    var (a2, a3) = (load(output + 2 &* laneCount), load(output + 3 &* laneCount))
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
    var (a0, b0) = (load(output), load(output + next))
    var (a1, b1) = (load(output + r1 * d), load(output + (r1 * d + next)))
    var (a2, b2) = (load(output + r2 * d), load(output + (r2 * d + next)))
    var (a3, b3) = (load(output + r3 * d), load(output + (r3 * d + next)))
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
    /// Eight vectors of components of two queries, which may be the same; the first pair asks for values 32 keys ahead
    /// (1.15 times the speed).
    @inline(never) private func eightVectors(
        _ keys: Int, _ p: UnsafePointer<Float>, _ q: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ valueStride: Int, _ output: UnsafeMutablePointer<Float>, _ other: UnsafeMutablePointer<Float>, fetches: Bool
    ) {
        let ahead = 32 * valueStride
        var (a0, a1, a2, a3) = (load(output), load(output + 16), load(output + 32), load(output + 48))
        var (a4, a5, a6, a7) = (load(output + 64), load(output + 80), load(output + 96), load(output + 112))
        var (b0, b1, b2, b3) = (load(other), load(other + 16), load(other + 32), load(other + 48))
        var (b4, b5, b6, b7) = (load(other + 64), load(other + 80), load(other + 96), load(other + 112))
        var v = value
        for j in 0..<keys {
            if fetches { for c in stride(from: 0, to: 128, by: 16) { attend_prefetch(v + (ahead + c)) } }
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
