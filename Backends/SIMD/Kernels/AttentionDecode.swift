import CSIMDSupport

// Attention of few queries over a part of the keys, with components in lanes: each key and value is read once, in order,
// and the work on it is less than the time that its bytes take from memory.

/// See `DecodeScoresKernel`. Four keys at a time for each query: the keys of the second query on are in the first-level
/// cache.
func decodeScores(
    _ queries: Int, _ keys: Int, _ d: Int, _ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>,
    _ keyStride: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int
) {
    let whole = d - d % laneCount
    var j = 0
    while j < keys {
        let count = min(4, keys - j)
        let k0 = key + j * keyStride
        // Past the last key the last one is read again.
        let k1 = key + (j + min(1, count - 1)) * keyStride
        let k2 = key + (j + min(2, count - 1)) * keyStride
        let k3 = key + (j + min(3, count - 1)) * keyStride
        for i in 0..<queries {
            let q = query + i * d
            var (s0, s1) = (Lanes(repeating: 0), Lanes(repeating: 0))
            var (s2, s3) = (s0, s1)
            var c = 0
            while c < whole {
                let x = load(q + c)
                s0 = multiplyAdd(x, load(k0 + c), s0)
                s1 = multiplyAdd(x, load(k1 + c), s1)
                s2 = multiplyAdd(x, load(k2 + c), s2)
                s3 = multiplyAdd(x, load(k3 + c), s3)
                c &+= laneCount
            }
            var (t0, t1, t2, t3) = (total(s0), total(s1), total(s2), total(s3))
            while c < d {
                t0 += q[c] * k0[c]
                t1 += q[c] * k1[c]
                t2 += q[c] * k2[c]
                t3 += q[c] * k3[c]
                c &+= 1
            }
            let target = scores + (i * scoreStride + j)
            target[0] = t0
            if count > 1 { target[1] = t1 }
            if count > 2 { target[2] = t2 }
            if count > 3 { target[3] = t3 }
        }
        // The hardware follows a stream within a page; keys of heads that lie apart end sooner.
        attend_prefetch(key + (j + 32) * keyStride)
        j &+= 4
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

/// See `DecodeValuesKernel`. Four queries and two vectors of components at a time.
func decodeValues(
    _ queries: Int, _ keys: Int, _ d: Int, _ pattern: UnsafePointer<Float>, _ patternStride: Int,
    _ value: UnsafePointer<Float>, _ valueStride: Int, _ output: UnsafeMutablePointer<Float>
) {
    var i = 0
    while i < queries {
        let rows = min(4, queries - i)
        let p0 = pattern + i * patternStride
        let p1 = pattern + (i + min(1, rows - 1)) * patternStride
        let p2 = pattern + (i + min(2, rows - 1)) * patternStride
        let p3 = pattern + (i + min(3, rows - 1)) * patternStride
        var c = 0
        while c < d {
            let width = min(laneCount, d - c)
            guard width == laneCount else {
                for row in 0..<rows {
                    let p = pattern + (i + row) * patternStride
                    for column in c..<d {
                        var sum: Float = 0
                        for j in 0..<keys { sum += p[j] * value[j * valueStride + column] }
                        output[(i + row) * d + column] = sum
                    }
                }
                break
            }
            let isWide = c &+ 4 &* laneCount <= d
            if rows == 1, isWide {
                // One query: four vectors, so that additions don't wait for each other.
                var (a0, a1) = (Lanes(repeating: 0), Lanes(repeating: 0))
                var (a2, a3) = (a0, a1)
                var v = value + c
                for j in 0..<keys {
                    let x = Lanes(repeating: p0[j])
                    a0 = multiplyAdd(x, load(v), a0)
                    a1 = multiplyAdd(x, load(v + laneCount), a1)
                    a2 = multiplyAdd(x, load(v + 2 &* laneCount), a2)
                    a3 = multiplyAdd(x, load(v + 3 &* laneCount), a3)
                    v += valueStride
                }
                store(a0, output + (i * d + c))
                store(a1, output + (i * d + c &+ laneCount))
                store(a2, output + (i * d + c &+ 2 &* laneCount))
                store(a3, output + (i * d + c &+ 3 &* laneCount))
                c &+= 4 &* laneCount
                continue
            }
            let isPair = c &+ 2 &* laneCount <= d
            let next = isPair ? laneCount : 0
            var (a0, a1, a2, a3) = (
                Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0), Lanes(repeating: 0)
            )
            var (b0, b1, b2, b3) = (a0, a1, a2, a3)
            var v = value + c
            for j in 0..<keys {
                let (x, y) = (load(v), load(v + next))
                let (w0, w1) = (Lanes(repeating: p0[j]), Lanes(repeating: p1[j]))
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
            let target = output + (i * d + c)
            store(a0, target)
            store(b0, target + next)
            if rows > 1 {
                store(a1, target + d)
                store(b1, target + (d + next))
            }
            if rows > 2 {
                store(a2, target + 2 * d)
                store(b2, target + (2 * d + next))
            }
            if rows > 3 {
                store(a3, target + 3 * d)
                store(b3, target + (3 * d + next))
            }
            c &+= isPair ? 2 &* laneCount : laneCount
        }
        i &+= 4
    }
}
