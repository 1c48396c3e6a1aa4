// The matrix product's block and its register tiles: some rows by two vectors of columns. Each step of k loads two
// vectors of b and broadcasts one element of a per row. a is read in place with any strides, b by rows of a panel.
//
// A step of 12 rows with AVX-512 is 12 · 32 · 2 = 768 flops on 2 · 64 + 12 · 4 = 176 bytes from the first-level cache; of
// one row 64 flops on 132 bytes: the latter is bound by the bandwidth at which b comes.
//
// 12 rows fill 24 of 32 vector registers (AVX-512, NEON); with 16 registers 6 rows fill 12. Everything is built from
// pairs of rows, so the accumulators are plain local values and stay in registers. The types are private to one file:
// the metadata of others would come with weak functions, compiled for this variant's processor, that the linker may use
// anywhere.

#if ATTEND_AVX512 || arch(arm64)
    @inline(always) var tileRows: Int { 12 }
#else
    @inline(always) var tileRows: Int { 6 }
#endif

/// One row of a tile.
private struct TileRow {
    var left = Lanes(repeating: 0)
    var right = Lanes(repeating: 0)

    @inline(always) mutating func add(_ a: Float, _ b0: Lanes, _ b1: Lanes) {
        let a = Lanes(repeating: a)
        left = multiplyAdd(a, b0, left)
        right = multiplyAdd(a, b1, right)
    }

    @inline(always) func finish(_ c: UnsafeMutablePointer<Float>, _ alpha: Float, _ accumulate: Bool) {
        let alpha = Lanes(repeating: alpha)
        if accumulate {
            store(multiplyAdd(left, alpha, load(c)), c)
            store(multiplyAdd(right, alpha, load(c + laneCount)), c + laneCount)
        } else {
            store(left * alpha, c)
            store(right * alpha, c + laneCount)
        }
    }
}

/// Two rows of a tile.
private struct TilePair {
    var first = TileRow()
    var second = TileRow()

    @inline(always) mutating func add(_ a: UnsafePointer<Float>, _ aStride: Int, _ b0: Lanes, _ b1: Lanes) {
        first.add(a[0], b0, b1)
        second.add(a[aStride], b0, b1)
    }

    @inline(always) func finish(
        _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ alpha: Float, _ accumulate: Bool
    ) {
        first.finish(c, alpha, accumulate)
        second.finish(c + cStride, alpha, accumulate)
    }
}

/// A tile's operands: `a`, `b` and `c` point to its first elements.
private struct TileInput {
    var k: Int
    var a: UnsafePointer<Float>
    var aStride: Int
    var aStep: Int
    var b: UnsafePointer<Float>
    var bStride: Int
    var c: UnsafeMutablePointer<Float>
    var cStride: Int
    var alpha: Float
    var accumulate: Bool
}

// The loops are written out: a closure of this size would not be inlined.

#if ATTEND_AVX512 || arch(arm64)
    @inline(never) private func tile12(_ t: TileInput) {
        var (r0, r2, r4, r6, r8, r10) = (TilePair(), TilePair(), TilePair(), TilePair(), TilePair(), TilePair())
        let s = t.aStride
        var (a, b) = (t.a, t.b)
        for _ in 0..<t.k {
            let (b0, b1) = (load(b), load(b + laneCount))
            r0.add(a, s, b0, b1)
            r2.add(a + 2 * s, s, b0, b1)
            r4.add(a + 4 * s, s, b0, b1)
            r6.add(a + 6 * s, s, b0, b1)
            r8.add(a + 8 * s, s, b0, b1)
            r10.add(a + 10 * s, s, b0, b1)
            a += t.aStep
            b += t.bStride
        }
        r0.finish(t.c, t.cStride, t.alpha, t.accumulate)
        r2.finish(t.c + 2 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r4.finish(t.c + 4 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r6.finish(t.c + 6 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r8.finish(t.c + 8 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r10.finish(t.c + 10 * t.cStride, t.cStride, t.alpha, t.accumulate)
    }

    @inline(never) private func tile8(_ t: TileInput) {
        var (r0, r2, r4, r6) = (TilePair(), TilePair(), TilePair(), TilePair())
        let s = t.aStride
        var (a, b) = (t.a, t.b)
        for _ in 0..<t.k {
            let (b0, b1) = (load(b), load(b + laneCount))
            r0.add(a, s, b0, b1)
            r2.add(a + 2 * s, s, b0, b1)
            r4.add(a + 4 * s, s, b0, b1)
            r6.add(a + 6 * s, s, b0, b1)
            a += t.aStep
            b += t.bStride
        }
        r0.finish(t.c, t.cStride, t.alpha, t.accumulate)
        r2.finish(t.c + 2 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r4.finish(t.c + 4 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r6.finish(t.c + 6 * t.cStride, t.cStride, t.alpha, t.accumulate)
    }
#else
    @inline(never) private func tile6(_ t: TileInput) {
        var (r0, r2, r4) = (TilePair(), TilePair(), TilePair())
        let s = t.aStride
        var (a, b) = (t.a, t.b)
        for _ in 0..<t.k {
            let (b0, b1) = (load(b), load(b + laneCount))
            r0.add(a, s, b0, b1)
            r2.add(a + 2 * s, s, b0, b1)
            r4.add(a + 4 * s, s, b0, b1)
            a += t.aStep
            b += t.bStride
        }
        r0.finish(t.c, t.cStride, t.alpha, t.accumulate)
        r2.finish(t.c + 2 * t.cStride, t.cStride, t.alpha, t.accumulate)
        r4.finish(t.c + 4 * t.cStride, t.cStride, t.alpha, t.accumulate)
    }
#endif

@inline(never) private func tile4(_ t: TileInput) {
    var (r0, r2) = (TilePair(), TilePair())
    let s = t.aStride
    var (a, b) = (t.a, t.b)
    for _ in 0..<t.k {
        let (b0, b1) = (load(b), load(b + laneCount))
        r0.add(a, s, b0, b1)
        r2.add(a + 2 * s, s, b0, b1)
        a += t.aStep
        b += t.bStride
    }
    r0.finish(t.c, t.cStride, t.alpha, t.accumulate)
    r2.finish(t.c + 2 * t.cStride, t.cStride, t.alpha, t.accumulate)
}

@inline(never) private func tile2(_ t: TileInput) {
    var r0 = TilePair()
    let s = t.aStride
    var (a, b) = (t.a, t.b)
    for _ in 0..<t.k {
        let (b0, b1) = (load(b), load(b + laneCount))
        r0.add(a, s, b0, b1)
        a += t.aStep
        b += t.bStride
    }
    r0.finish(t.c, t.cStride, t.alpha, t.accumulate)
}

@inline(never) private func tile1(_ t: TileInput) {
    var r0 = TileRow()
    var (a, b) = (t.a, t.b)
    for _ in 0..<t.k {
        let (b0, b1) = (load(b), load(b + laneCount))
        r0.add(a[0], b0, b1)
        a += t.aStep
        b += t.bStride
    }
    r0.finish(t.c, t.alpha, t.accumulate)
}

// MARK: The block

/// One block of the matrix product: for each panel of b, which stays in or near the first-level cache, all tiles of
/// rows.
func productBlock(
    _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ aStride: Int, _ aStep: Int,
    _ b: UnsafePointer<Float>, _ panelStride: Int, _ bStride: Int,
    _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ accumulate: Bool
) {
    var panel = b
    var j = 0
    while j < n {
        let columns = min(panelColumns, n - j)
        if columns == panelColumns {
            tiles(
                m,
                TileInput(
                    k: k, a: a, aStride: aStride, aStep: aStep, b: panel, bStride: bStride, c: c + j, cStride: cStride,
                    alpha: alpha,
                    accumulate: accumulate))
        } else {
            lastColumns(
                m, columns,
                TileInput(
                    k: k, a: a, aStride: aStride, aStep: aStep, b: panel, bStride: bStride, c: c + j, cStride: cStride,
                    alpha: alpha,
                    accumulate: accumulate))
        }
        panel += panelStride
        j &+= panelColumns
    }
}

/// Computes `m` rows of one panel by the tallest tiles that fit.
@inline(always) private func tiles(_ m: Int, _ first: TileInput) {
    var t = first
    var left = m
    while left > 0 {
        let rows = tile(left, t)
        t.a += rows * t.aStride
        t.c += rows * t.cStride
        left &-= rows
    }
}

/// Computes the tallest tile of at most `rows` rows and returns its height.
@inline(always) private func tile(_ rows: Int, _ t: TileInput) -> Int {
    #if ATTEND_AVX512 || arch(arm64)
        if rows >= 12 {
            tile12(t)
            return 12
        }
        if rows >= 8 {
            tile8(t)
            return 8
        }
    #else
        if rows >= 6 {
            tile6(t)
            return 6
        }
    #endif
    if rows >= 4 {
        tile4(t)
        return 4
    }
    if rows >= 2 {
        tile2(t)
        return 2
    }
    tile1(t)
    return 1
}

/// A panel narrower than a tile: computed at full width in scratch memory, its valid columns copied.
@inline(never) private func lastColumns(_ m: Int, _ columns: Int, _ first: TileInput) {
    withUnsafeTemporaryAllocation(byteCount: 12 * panelColumns * 4, alignment: 64) { scratch in
        guard let base = scratch.baseAddress else { return }
        let aside = base.assumingMemoryBound(to: Float.self)
        var t = first
        t.cStride = panelColumns
        t.c = aside
        t.accumulate = false
        var c = first.c
        var left = m
        while left > 0 {
            let rows = tile(left, t)
            for i in 0..<rows {
                for j in 0..<columns {
                    let value = aside[i * panelColumns + j]
                    c[j] = first.accumulate ? c[j] + value : value
                }
                c += first.cStride
            }
            t.a += rows * t.aStride
            left &-= rows
        }
    }
}
