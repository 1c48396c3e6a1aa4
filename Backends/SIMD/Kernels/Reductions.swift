/// Σ f(x[i]) over the whole vectors of `n` elements; the rest is not included. Four vector accumulators are added
/// pairwise: the error grows with n / (4 · lanes), not n.
@inline(__always) func sum(_ x: UnsafePointer<Float>, _ n: Int, of f: (Lanes) -> Lanes) -> Lanes {
    var a = Lanes(repeating: 0)
    var b = a
    var c = a
    var d = a
    var i = 0
    while i &+ 4 &* laneCount <= n {
        a += f(load(x + i))
        b += f(load(x + i + laneCount))
        c += f(load(x + i + 2 * laneCount))
        d += f(load(x + i + 3 * laneCount))
        i &+= 4 &* laneCount
    }
    while i &+ laneCount <= n {
        a += f(load(x + i))
        i &+= laneCount
    }
    return (a + b) + (c + d)
}

/// Σ f(x[i]) over all `n` elements, the partial vector included; 0 for an empty row.
@inline(__always) func sumAll(_ x: UnsafePointer<Float>, _ n: Int, of f: (Lanes) -> Lanes) -> Float {
    var lanes = sum(x, n, of: f)
    let rest = n % laneCount
    if rest > 0 {
        let values = f(load(x + (n - rest), first: rest))
        var inside = Lanes(repeating: 0)
        for i in 0..<rest { inside[i] = values[i] }
        lanes += inside
    }
    return total(lanes)
}

func sum(_ x: UnsafePointer<Float>, _ n: Int) -> Float { sumAll(x, n) { $0 } }

/// The maximum; NaN if any element is, −∞ for an empty row.
func maximum(_ x: UnsafePointer<Float>, _ n: Int) -> Float {
    var a = Lanes(repeating: -.infinity)
    var b = a
    var i = 0
    while i &+ 2 &* laneCount <= n {
        a = maximumLanes(load(x + i), a)
        b = maximumLanes(load(x + i + laneCount), b)
        i &+= 2 &* laneCount
    }
    while i &+ laneCount <= n {
        a = maximumLanes(load(x + i), a)
        i &+= laneCount
    }
    if i < n { b = maximumLanes(load(x + i, first: n - i, fill: -.infinity), b) }
    return largest(maximumLanes(a, b))
}
