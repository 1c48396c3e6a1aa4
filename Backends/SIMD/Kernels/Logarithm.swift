// log x = e · ln 2 + log(1 + f) with x = 2^e · (1 + f) and √½ ≤ 1 + f < √2.
//
// log(1 + f) = f − f²/2 + f³·p(f), the form of Cephes' logf (Moshier, Methods and Programs for Mathematical Functions,
// 1989); p of degree 7 fitted anew by Lawson's iteration for the least relative error of the whole (5.8e-9).

/// Error ≤ 2 ulp for all positive floats, denormals included.
@inline(always) func logLanes(_ x: Lanes) -> Lanes {
    let tiny = x .< .leastNormalMagnitude
    let scaled = select(tiny, x * 8_388_608, x)  // · 2^23
    let lowest = LaneBits(repeating: 0x3f35_04f3)  // √½
    let exponent = (bits(scaled) &- lowest) &>> 23
    let f = lanes(bits(scaled) &- (exponent &<< 23)) - 1
    let e = toFloat(exponent) - select(tiny, 23, Lanes(repeating: 0))

    var p = multiplyAdd(Lanes(repeating: -0.076_343_439_519_405_36), f, 0.127_615_153_789_520_26)
    p = multiplyAdd(p, f, -0.131_602_108_478_546_14)
    p = multiplyAdd(p, f, 0.142_017_677_426_338_2)
    p = multiplyAdd(p, f, -0.166_233_554_482_460_02)
    p = multiplyAdd(p, f, 0.200_012_266_635_894_78)
    p = multiplyAdd(p, f, -0.250_008_225_440_979)
    p = multiplyAdd(p, f, 0.333_333_313_465_118_4)
    let square = f * f
    var y = multiplyAdd(p, square * f, e * -2.121_944_40e-4)
    y = multiplyAdd(square, Lanes(repeating: -0.5), y) + f
    y = multiplyAdd(e, Lanes(repeating: 0.693_359_375), y)

    y = select(x .== 0, -.infinity, y)
    y = select(x .< 0, .nan, y)
    y = select(x .== .infinity, .infinity, y)
    return select(x .!= x, x, y)
}

/// An integer of magnitude up to 2^22 as a float, from the bits of 1.5 · 2^23 + n.
@inline(always) private func toFloat(_ n: LaneBits) -> Lanes {
    lanes(n &+ LaneBits(repeating: 0x4b40_0000)) - 12_582_912
}
