// erf x = x·p(x²) for |x| < 0.9 (relative error of p, degree 5: 1.2e-8), beyond that ±(1 − e^(−s(|x|))) where s =
// −log(erfc) is so smooth that a polynomial of degree 6 holds up to 3.95, past which erf is 1 in float32. e^(−s) ≤ 0.21
// there, so an error of s counts a fifth at most. Both fitted by Lawson's iteration.

/// Error ≤ 3 ulp for all floats.
@inline(always) func erfLanes(_ x: Lanes) -> Lanes {
    let magnitude = absoluteLanes(x)
    let square = x * x
    var p = multiplyAdd(Lanes(repeating: -0.000_611_128_867_603_838_4), square, 0.005_016_227_718_442_678_5)
    p = multiplyAdd(p, square, -0.026_781_955_733_895_302)
    p = multiplyAdd(p, square, 0.112_822_301_685_810_09)
    p = multiplyAdd(p, square, -0.376_125_335_693_359_4)
    p = multiplyAdd(p, square, 1.128_379_106_521_606_4)
    let small = x * p

    let t = select(magnitude .> 3.95, 3.95, magnitude)
    var s = multiplyAdd(Lanes(repeating: -0.000_198_221_954_633_481_8), t, 0.003_065_511_118_620_634)
    s = multiplyAdd(s, t, -0.022_315_289_825_201_035)
    s = multiplyAdd(s, t, 0.104_113_824_665_546_42)
    s = multiplyAdd(s, t, 0.636_975_944_042_205_8)
    s = multiplyAdd(s, t, 1.127_797_365_188_598_6)
    s = multiplyAdd(s, t, 0.000_166_428_726_515_732_7)
    let large = 1 - expLimitedLanes(negateLanes(s))
    return select(magnitude .< 0.9, small, withSign(of: x, large))
}
