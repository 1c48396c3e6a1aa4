// The transpose of a square tile of laneCount · laneCount elements, in registers.
//
// Write an element's place as register number and lane number in binary. One riffle of two registers that differ in one
// bit of their number puts the even lanes of the pair in the first and the odd lanes in the second: the lowest lane bit
// becomes that register bit, and the register bit becomes the highest lane bit. After one riffle for every bit, lowest
// first, registers and lanes have changed places. A riffle is two two-source shuffles, whatever the width.

@inline(always) private func riffle(_ a: Lanes, _ b: Lanes) -> (Lanes, Lanes) {
    #if ATTEND_AVX512
        let both = SIMD32<Float>(lowHalf: a, highHalf: b)
    #elseif ATTEND_AVX2
        let both = SIMD16<Float>(lowHalf: a, highHalf: b)
    #else
        let both = SIMD8<Float>(lowHalf: a, highHalf: b)
    #endif
    return (both.evenHalf, both.oddHalf)
}

/// `y[j][i] = x[i][j]` for i, j < laneCount; rows are `xStride` and `yStride` apart.
#if ATTEND_AVX512
    @inline(always) func transposeTile(
        _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) {
        var r0 = load(x)
        var r1 = load(x + xStride)
        var r2 = load(x + 2 * xStride)
        var r3 = load(x + 3 * xStride)
        var r4 = load(x + 4 * xStride)
        var r5 = load(x + 5 * xStride)
        var r6 = load(x + 6 * xStride)
        var r7 = load(x + 7 * xStride)
        var r8 = load(x + 8 * xStride)
        var r9 = load(x + 9 * xStride)
        var r10 = load(x + 10 * xStride)
        var r11 = load(x + 11 * xStride)
        var r12 = load(x + 12 * xStride)
        var r13 = load(x + 13 * xStride)
        var r14 = load(x + 14 * xStride)
        var r15 = load(x + 15 * xStride)
        (r0, r1) = riffle(r0, r1)
        (r2, r3) = riffle(r2, r3)
        (r4, r5) = riffle(r4, r5)
        (r6, r7) = riffle(r6, r7)
        (r8, r9) = riffle(r8, r9)
        (r10, r11) = riffle(r10, r11)
        (r12, r13) = riffle(r12, r13)
        (r14, r15) = riffle(r14, r15)
        (r0, r2) = riffle(r0, r2)
        (r1, r3) = riffle(r1, r3)
        (r4, r6) = riffle(r4, r6)
        (r5, r7) = riffle(r5, r7)
        (r8, r10) = riffle(r8, r10)
        (r9, r11) = riffle(r9, r11)
        (r12, r14) = riffle(r12, r14)
        (r13, r15) = riffle(r13, r15)
        (r0, r4) = riffle(r0, r4)
        (r1, r5) = riffle(r1, r5)
        (r2, r6) = riffle(r2, r6)
        (r3, r7) = riffle(r3, r7)
        (r8, r12) = riffle(r8, r12)
        (r9, r13) = riffle(r9, r13)
        (r10, r14) = riffle(r10, r14)
        (r11, r15) = riffle(r11, r15)
        (r0, r8) = riffle(r0, r8)
        (r1, r9) = riffle(r1, r9)
        (r2, r10) = riffle(r2, r10)
        (r3, r11) = riffle(r3, r11)
        (r4, r12) = riffle(r4, r12)
        (r5, r13) = riffle(r5, r13)
        (r6, r14) = riffle(r6, r14)
        (r7, r15) = riffle(r7, r15)
        store(r0, y)
        store(r1, y + yStride)
        store(r2, y + 2 * yStride)
        store(r3, y + 3 * yStride)
        store(r4, y + 4 * yStride)
        store(r5, y + 5 * yStride)
        store(r6, y + 6 * yStride)
        store(r7, y + 7 * yStride)
        store(r8, y + 8 * yStride)
        store(r9, y + 9 * yStride)
        store(r10, y + 10 * yStride)
        store(r11, y + 11 * yStride)
        store(r12, y + 12 * yStride)
        store(r13, y + 13 * yStride)
        store(r14, y + 14 * yStride)
        store(r15, y + 15 * yStride)
    }
#elseif ATTEND_AVX2
    @inline(always) func transposeTile(
        _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) {
        var r0 = load(x)
        var r1 = load(x + xStride)
        var r2 = load(x + 2 * xStride)
        var r3 = load(x + 3 * xStride)
        var r4 = load(x + 4 * xStride)
        var r5 = load(x + 5 * xStride)
        var r6 = load(x + 6 * xStride)
        var r7 = load(x + 7 * xStride)
        (r0, r1) = riffle(r0, r1)
        (r2, r3) = riffle(r2, r3)
        (r4, r5) = riffle(r4, r5)
        (r6, r7) = riffle(r6, r7)
        (r0, r2) = riffle(r0, r2)
        (r1, r3) = riffle(r1, r3)
        (r4, r6) = riffle(r4, r6)
        (r5, r7) = riffle(r5, r7)
        (r0, r4) = riffle(r0, r4)
        (r1, r5) = riffle(r1, r5)
        (r2, r6) = riffle(r2, r6)
        (r3, r7) = riffle(r3, r7)
        store(r0, y)
        store(r1, y + yStride)
        store(r2, y + 2 * yStride)
        store(r3, y + 3 * yStride)
        store(r4, y + 4 * yStride)
        store(r5, y + 5 * yStride)
        store(r6, y + 6 * yStride)
        store(r7, y + 7 * yStride)
    }
#else
    @inline(always) func transposeTile(
        _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) {
        var r0 = load(x)
        var r1 = load(x + xStride)
        var r2 = load(x + 2 * xStride)
        var r3 = load(x + 3 * xStride)
        (r0, r1) = riffle(r0, r1)
        (r2, r3) = riffle(r2, r3)
        (r0, r2) = riffle(r0, r2)
        (r1, r3) = riffle(r1, r3)
        store(r0, y)
        store(r1, y + yStride)
        store(r2, y + 2 * yStride)
        store(r3, y + 3 * yStride)
    }
#endif
