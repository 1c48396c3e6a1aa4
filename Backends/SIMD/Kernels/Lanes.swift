package import SIMDKernelTypes

// The vector of this variant, and the few operations that all kernels are written in.
//
// Every function on `Lanes` is inlined: a vector of 64 bytes that is passed to a real function would travel in four
// 16-byte pieces. `@inline(always)` guarantees it; functions that take a closure are `@inline(__always)` instead, which
// lets the optimizer specialize them for the closure first.

#if ATTEND_AVX512
    typealias Lanes = SIMD16<Float>
    typealias LaneBits = SIMD16<Int32>
    let variantInstructionSet = InstructionSet.avx512
#elseif ATTEND_AVX2
    typealias Lanes = SIMD8<Float>
    typealias LaneBits = SIMD8<Int32>
    let variantInstructionSet = InstructionSet.avx2
#else
    typealias Lanes = SIMD4<Float>
    typealias LaneBits = SIMD4<Int32>
    let variantInstructionSet = InstructionSet.baseline
#endif

typealias LaneMask = SIMDMask<LaneBits>

@inline(always) var laneCount: Int { Lanes.scalarCount }

/// `a · b + c`, fused where the processor has an instruction for it (elsewhere fusing would be a library call per
/// lane).
@inline(always) func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes {
    #if ATTEND_AVX512 || ATTEND_AVX2 || arch(arm64)
        c.addingProduct(a, b)
    #else
        a * b + c
    #endif
}

@inline(always) func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Float) -> Lanes {
    multiplyAdd(a, b, Lanes(repeating: c))
}

@inline(always) func load(_ x: UnsafePointer<Float>) -> Lanes {
    UnsafeRawPointer(x).loadUnaligned(as: Lanes.self)
}

@inline(always) func store(_ v: Lanes, _ y: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(y).storeBytes(of: v, as: Lanes.self)
}

/// The first `n < laneCount` elements, then `fill`.
@inline(always) func load(_ x: UnsafePointer<Float>, first n: Int, fill: Float = 0) -> Lanes {
    var v = Lanes(repeating: fill)
    for i in 0..<n { v[i] = x[i] }
    return v
}

@inline(always) func store(_ v: Lanes, _ y: UnsafeMutablePointer<Float>, first n: Int) {
    for i in 0..<n { y[i] = v[i] }
}

@inline(always) func select(_ mask: LaneMask, _ a: Lanes, _ b: Lanes) -> Lanes { b.replacing(with: a, where: mask) }

@inline(always) func select(_ mask: LaneMask, _ a: Float, _ b: Lanes) -> Lanes {
    b.replacing(with: Lanes(repeating: a), where: mask)
}

@inline(always) func bits(_ x: Lanes) -> LaneBits { unsafeBitCast(x, to: LaneBits.self) }

@inline(always) func lanes(_ bits: LaneBits) -> Lanes { unsafeBitCast(bits, to: Lanes.self) }

@inline(always) func absoluteLanes(_ x: Lanes) -> Lanes { lanes(bits(x) & LaneBits(repeating: 0x7fff_ffff)) }

@inline(always) func negateLanes(_ x: Lanes) -> Lanes { lanes(bits(x) ^ LaneBits(repeating: .min)) }

/// The magnitude of `x`, whose sign bit must be clear, with the sign of `sign`.
@inline(always) func withSign(of sign: Lanes, _ x: Lanes) -> Lanes {
    lanes(bits(x) | (bits(sign) & LaneBits(repeating: .min)))
}

/// The maximum; NaN if either operand is NaN.
@inline(always) func maximumLanes(_ a: Lanes, _ b: Lanes) -> Lanes {
    select(a .!= a, a, select(a .> b, a, b))
}

/// The minimum; NaN if either operand is NaN.
@inline(always) func minimumLanes(_ a: Lanes, _ b: Lanes) -> Lanes {
    select(a .!= a, a, select(a .< b, a, b))
}

/// The sum of all lanes, by repeated halving.
@inline(always) func total(_ v: Lanes) -> Float {
    #if ATTEND_AVX512
        let eight = v.lowHalf + v.highHalf
        let four = eight.lowHalf + eight.highHalf
    #elseif ATTEND_AVX2
        let four = v.lowHalf + v.highHalf
    #else
        let four = v
    #endif
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
}

/// The largest lane; NaN if any lane is.
@inline(always) func largest(_ v: Lanes) -> Float {
    var best = v[0]
    for i in 1..<laneCount where !(v[i] <= best) && best == best { best = v[i] }
    return best
}

/// `y[i] = f(x[i])`. The last, partial vector uses the same code, so a result does not depend on its position.
@inline(__always) func map(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int, _ f: (Lanes) -> Lanes
) {
    var i = 0
    while i &+ laneCount <= n {
        store(f(load(x + i)), y + i)
        i &+= laneCount
    }
    if i < n { store(f(load(x + i, first: n - i, fill: 1)), y + i, first: n - i) }
}

/// `y[i] = f(a[i], b[i])`.
@inline(__always) func zip(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int,
    _ f: (Lanes, Lanes) -> Lanes
) {
    var i = 0
    while i &+ laneCount <= n {
        store(f(load(a + i), load(b + i)), y + i)
        i &+= laneCount
    }
    if i < n {
        let rest = n - i
        store(f(load(a + i, first: rest, fill: 1), load(b + i, first: rest, fill: 1)), y + i, first: rest)
    }
}
