// e^x = 2^n · e^r with n = round(x / ln 2) and |r| ≤ ln(2)/2.
//
// The reduction is Cody and Waite's (Software Manual for the Elementary Functions, 1980): ln 2 as a sum of two floats
// whose first has so few bits that n · first is exact. On the reduced range e^r = 1 + r + r²·q(r), q of degree 4 fitted
// by Lawson's iteration for the least relative error (3.1e-9).

/// Error ≤ 2 ulp for all floats.
@inline(always) func expLanes(_ x: Lanes) -> Lanes {
    // Beyond these limits e^x is +∞ or 0; NaN fails both comparisons and is unchanged. Zeros are selected at the end
    // instead of computed by underflow, which costs about a hundred cycles each: masked rows are full of them.
    let vanishes = x .< -104
    let limited = select(x .> 89, 89, x)
    let (p, exponent) = reducedExponential(select(vanishes, 0, limited))
    // 2^n in two factors, so that a denormal result is rounded once and n = 128 does not overflow early.
    let first = exponent &>> 1
    let second = exponent &- first
    return select(vanishes, 0, p * power2(first) * power2(second))
}

/// e^x for x ≤ 0, with 0 for a result below the smallest normal number; NaN stays NaN. One factor 2^n suffices.
@inline(always) func expNegativeLanes(_ x: Lanes) -> Lanes {
    let vanishes = x .< -87.33
    let (p, exponent) = reducedExponential(select(vanishes, 0, x))
    return select(vanishes, 0, p * power2(exponent))
}

/// e^x for −87 ≤ x ≤ 0; NaN stays NaN.
@inline(always) func expLimitedLanes(_ x: Lanes) -> Lanes {
    let (p, exponent) = reducedExponential(x)
    return p * power2(exponent)
}

/// e^r and n, with x = n · ln 2 + r.
@inline(always) private func reducedExponential(_ x: Lanes) -> (power: Lanes, exponent: LaneBits) {
    let magic = Lanes(repeating: 12_582_912)  // 1.5 · 2^23: adding it rounds to an integer, in the low bits of the sum
    let shifted = multiplyAdd(x, Lanes(repeating: 1.442_695_04), magic)
    let n = shifted - magic
    var r = multiplyAdd(n, Lanes(repeating: -0.693_359_375), x)
    r = multiplyAdd(n, Lanes(repeating: 2.121_944_40e-4), r)
    var q = multiplyAdd(Lanes(repeating: 0.001_381_431_589_834_392), r, 0.008_368_851_616_978_645)
    q = multiplyAdd(q, r, 0.041_668_400_168_418_884)
    q = multiplyAdd(q, r, 0.166_665_196_418_762_2)
    q = multiplyAdd(q, r, 0.499_999_940_395_355_2)
    return (multiplyAdd(q, r * r, r) + 1, bits(shifted) &- LaneBits(repeating: 0x4b40_0000))
}

/// 2^n for −126 ≤ n ≤ 127.
@inline(always) private func power2(_ n: LaneBits) -> Lanes { lanes((n &+ 127) &<< 23) }
