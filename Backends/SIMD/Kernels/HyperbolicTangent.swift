// tanh x = x + x³·p(x²) for |x| < 0.625 (the split is Cephes'; p of degree 4 fitted by Lawson's iteration, 4.1e-9),
// which keeps the relative accuracy near 0; beyond that ±(1 − 2 / (e^(2|x|) + 1)), where nothing cancels.

/// Error ≤ 3 ulp for all floats.
@inline(always) func tanhLanes(_ x: Lanes) -> Lanes {
    let magnitude = absoluteLanes(x)
    let square = x * x
    var p = multiplyAdd(Lanes(repeating: -0.005_717_025_604_099_035), square, 0.020_650_569_349_527_36)
    p = multiplyAdd(p, square, -0.053_743_492_811_918_26)
    p = multiplyAdd(p, square, 0.133_314_907_550_811_77)
    p = multiplyAdd(p, square, -0.333_332_836_627_960_2)
    let small = multiplyAdd(p, square * x, x)
    let large = 1 - 2 / (expLanes(magnitude + magnitude) + 1)
    return select(x .== 0, x, select(magnitude .< 0.625, small, withSign(of: x, large)))
}
