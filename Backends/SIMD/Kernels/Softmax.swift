/// `y = exp(x − shift)`; returns Σ y.
@inline(always) func exponentials(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, shift: Float
) -> Float {
    let shift = Lanes(repeating: shift)
    var a = Lanes(repeating: 0)
    var b = a
    var i = 0
    while i &+ 2 &* laneCount <= n {
        let first = expLanes(load(x + i) - shift)
        let second = expLanes(load(x + i + laneCount) - shift)
        store(first, y + i)
        store(second, y + i + laneCount)
        a += first
        b += second
        i &+= 2 &* laneCount
    }
    while i &+ laneCount <= n {
        let e = expLanes(load(x + i) - shift)
        store(e, y + i)
        a += e
        i &+= laneCount
    }
    if i < n {
        // Lanes past the end stay 0, even where the shift is infinite.
        let e = expLanes(load(x + i, first: n - i) - shift)
        store(e, y + i, first: n - i)
        b += load(y + i, first: n - i)
    }
    return total(a + b)
}

@inline(always) func logarithm(_ x: Float) -> Float { logLanes(Lanes(repeating: x))[0] }

func softmax(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    let sum = exponentials(x, y, n, shift: maximum(x, n))
    let factor = Lanes(repeating: 1 / sum)
    map(y, y, n) { $0 * factor }
}

func logSoftmax(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int) {
    let shift = Lanes(repeating: maximum(x, n))
    let sum = Lanes(repeating: logarithm(sumAll(x, n) { expLanes($0 - shift) }))
    map(x, y, n) { ($0 - shift) - sum }
}
