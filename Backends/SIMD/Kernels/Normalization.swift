/// (x − mean) / √(variance + epsilon) · scale + bias; the variance is the mean of (x − mean)², in a second pass,
/// because E[x²] − E[x]² cancels.
func layerNorm(
    _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, _ n: Int, _ epsilon: Float
) {
    let mean = Lanes(repeating: sum(x, n) / Float(n))
    let variance =
        sumAll(x, n) {
            let d = $0 - mean
            return d * d
        } / Float(n)
    let factor = Lanes(repeating: 1 / (variance + epsilon).squareRoot())
    switch (scale, bias) {
    case (nil, nil): map(x, y, n) { ($0 - mean) * factor }
    case (let scale?, nil): zip(x, scale, y, n) { ($0 - mean) * factor * $1 }
    case (nil, let bias?): zip(x, bias, y, n) { multiplyAdd($0 - mean, factor, $1) }
    case (let scale?, let bias?):
        var i = 0
        while i &+ laneCount <= n {
            store(multiplyAdd((load(x + i) - mean) * factor, load(scale + i), load(bias + i)), y + i)
            i &+= laneCount
        }
        if i < n {
            let rest = n - i
            let normal = (load(x + i, first: rest) - mean) * factor
            store(multiplyAdd(normal, load(scale + i, first: rest), load(bias + i, first: rest)), y + i, first: rest)
        }
    }
}

/// x / √(mean of x² + epsilon) · scale.
func rmsNorm(
    _ x: UnsafePointer<Float>, _ scale: UnsafePointer<Float>?,
    _ y: UnsafeMutablePointer<Float>, _ n: Int, _ epsilon: Float
) {
    let square = sumAll(x, n) { $0 * $0 } / Float(n)
    let factor = Lanes(repeating: 1 / (square + epsilon).squareRoot())
    if let scale {
        zip(x, scale, y, n) { $0 * factor * $1 }
    } else {
        map(x, y, n) { $0 * factor }
    }
}
