/// Σ f(x[i]), over four vector accumulators that are added pairwise: the error grows with n / (4 · lanes), not n.
/// `f` must map 0 to 0 in the lanes past the end, or take `inside` into account.
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

/// The lanes of `n` elements that do not fill a vector; 0 elements give nil.
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

/// NaN if any element is; −∞ for an empty row.
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
