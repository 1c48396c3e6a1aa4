package import SIMDKernelTypes

// The blocked matrix product after Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, ACM TOMS
// 34, 2008): b in packed panels, a in blocks of rows that stay in the second cache, a register tile at the center.
// Unlike there, a is read in place along its rows, and only copied where its rows are not contiguous or their
// distance maps them all to the same cache sets.

extension KernelTable {
    /// Number of floats that `pack` writes for b[k, n].
    package func packedSize(k: Int, n: Int) -> Int {
        (n + product.panelColumns - 1) / product.panelColumns * product.panelColumns * k
    }

    /// Packs b[k, n] for repeated products, into `packedSize(k:n:)` floats. The layout is specific to this table.
    package func pack(k: Int, n: Int, _ b: MatrixOperand, into packed: UnsafeMutablePointer<Float>) {
        product.packColumns(k, n, b.pointer, b.rowStride, b.columnStride, packed)
    }

    /// Computes `p` on the calling thread.
    package func multiply(_ p: MatrixProduct) {
        guard p.m > 0, p.n > 0 else { return }
        let alone: ParallelFor = { count, _, body in body(0..<count) }
        withRightOperand(p, alone) { right in
            multiply(p, right, rows: 0..<p.m, columns: 0..<p.n)
        }
    }

    /// Computes `p` by blocks of rows and columns that `parallelFor` distributes over threads. Bitwise equal to
    /// `multiply(_:)`.
    package func multiply(_ p: MatrixProduct, parallelFor: ParallelFor) {
        guard p.m > 0, p.n > 0 else { return }
        guard p.m * p.n * max(p.k, 1) > 1 << 17 else { return multiply(p) }
        withRightOperand(p, parallelFor) { right in
            let rowBlock = Self.rowBlock(p.m, product.tileRows)
            let rowBlocks = (p.m + rowBlock - 1) / rowBlock
            // Enough items for balanced threads; narrow column blocks only if there are too few row blocks.
            let wanted = max(1, (16 + rowBlocks - 1) / rowBlocks)
            let panels = (p.n + product.panelColumns - 1) / product.panelColumns
            let panelBlock = max(1, min(256 / product.panelColumns, (panels + wanted - 1) / wanted))
            let columnBlock = panelBlock * product.panelColumns
            let columnBlocks = (p.n + columnBlock - 1) / columnBlock
            // Rows vary fastest: the current columns of b stay in the second-level cache.
            parallelFor(rowBlocks * columnBlocks, 1) { items in
                for item in items {
                    let i = item % rowBlocks * rowBlock
                    let j = item / rowBlocks * columnBlock
                    multiply(p, right, rows: i..<min(i + rowBlock, p.m), columns: j..<min(j + columnBlock, p.n))
                }
            }
        }
    }

    /// About 96 rows, a multiple of the tile, in blocks of similar size.
    private static func rowBlock(_ m: Int, _ tileRows: Int) -> Int {
        let blocks = (m + 95) / 96
        let rows = (m + blocks - 1) / blocks
        return (rows + tileRows - 1) / tileRows * tileRows
    }

    // MARK: The right-hand operand

    /// b in the block kernel's form: row p of a panel starts at `base + panel · panelStride + p · rowStride`. If b is
    /// read in place, the last narrow panel is packed separately in `last`.
    private struct Right {
        var base: UnsafePointer<Float>?
        var panelStride: Int
        var rowStride: Int
        var last: UnsafePointer<Float>?
        /// Panels in 16-bit floats, in place of `base`.
        var narrow: (base: UnsafePointer<UInt16>, conversion: ConversionKernels)?
    }

    private func withRightOperand(_ p: MatrixProduct, _ parallelFor: ParallelFor, _ body: (Right) -> Void) {
        let width = product.panelColumns
        switch p.b {
        case .packed(let packed):
            body(Right(base: packed, panelStride: width * p.k, rowStride: width, last: nil))
        case .narrow(let packed, let conversion):
            body(
                Right(base: nil, panelStride: width * p.k, rowStride: width, last: nil, narrow: (packed, conversion)))
        case .plain(let b) where inPlace(p, b):
            let whole = p.n / width * width
            guard whole < p.n else {
                return body(Right(base: b.pointer, panelStride: width, rowStride: b.rowStride, last: nil))
            }
            let last = UnsafeMutablePointer<Float>.allocate(capacity: max(1, width * p.k))
            defer { last.deallocate() }
            product.packColumns(p.k, p.n - whole, b.pointer + whole, b.rowStride, 1, last)
            body(Right(base: b.pointer, panelStride: width, rowStride: b.rowStride, last: last))
        case .plain(let b):
            let packed = UnsafeMutableRawPointer.allocate(
                byteCount: max(1, packedSize(k: p.k, n: p.n)) * 4, alignment: 64
            ).assumingMemoryBound(to: Float.self)
            defer { packed.deallocate() }
            parallelFor((p.n + width - 1) / width, 4) { panels in
                let first = panels.lowerBound * width
                let count = min(panels.upperBound * width, p.n) - first
                let from = b.pointer + first * b.columnStride
                product.packColumns(p.k, count, from, b.rowStride, b.columnStride, packed + first * p.k)
            }
            body(Right(base: packed, panelStride: width * p.k, rowStride: width, last: nil))
        }
    }

    /// Whether b is best read in place: its rows are contiguous, and either c has few rows, so that packing would cost
    /// more than it saves, or b's rows are close enough together to stay in the caches and the TLB.
    private func inPlace(_ p: MatrixProduct, _ b: MatrixOperand) -> Bool {
        b.columnStride == 1 && (p.m <= 2 * product.tileRows || (p.k * b.rowStride <= 1 << 16 && b.rowStride % 512 != 0))
    }

    // MARK: One block of c

    private func multiply(_ p: MatrixProduct, _ right: Right, rows: Range<Int>, columns: Range<Int>) {
        // With few rows 16-bit panels come from memory: each in one piece.
        if right.narrow != nil, rows.count <= product.tileRows, columns.count > product.panelColumns {
            for first in stride(from: columns.lowerBound, to: columns.upperBound, by: product.panelColumns) {
                let end = min(first + product.panelColumns, columns.upperBound)
                multiply(p, right, rows: rows, columns: first..<end)
            }
            return
        }
        let most = right.narrow == nil ? MatrixProduct.depth : MatrixProduct.narrowDepth
        let blocks = max(1, (p.k + most - 1) / most)
        let depth = (p.k + blocks - 1) / blocks
        let height = Self.rowBlock(rows.count, product.tileRows)
        let readsInPlace = p.a.columnStride == 1 && (p.a.rowStride % 512 != 0 || rows.count < product.tileRows)
        // A row distance that is not a multiple of a large power of two, or else 12 rows would map to the same set of
        // the first-level cache.
        let copyStride = depth + 16
        let copySize = min(height, rows.count) * copyStride
        let copy = readsInPlace || p.k == 0 ? nil : UnsafeMutablePointer<Float>.allocate(capacity: copySize)
        defer { copy?.deallocate() }

        var i = rows.lowerBound
        while i < rows.upperBound {
            let m = min(height, rows.upperBound - i)
            for block in 0..<blocks {
                let start = min(block * depth, p.k)
                let k = min(depth, p.k - start)
                var a = p.a.pointer + (i * p.a.rowStride + start * p.a.columnStride)
                var aStride = p.a.rowStride
                if let copy {
                    copies.gather(m, k, a, aStride, p.a.columnStride, copy, copyStride)
                    a = UnsafePointer(copy)
                    aStride = copyStride
                }
                multiplyBlock(p, right, m: m, k: k, a, aStride, row: i, start: start, columns: columns)
            }
            finish(p, rows: i..<i + m, columns: columns)
            i += m
        }
    }

    /// Applies bias, activation and residual to a block of c that was just computed and is still in the cache.
    package func finish(_ p: MatrixProduct, rows: Range<Int>, columns: Range<Int>) {
        let first = p.c + (rows.lowerBound * p.cRowStride + columns.lowerBound)
        if p.bias != nil || p.activation != .none {
            product.epilogue(
                rows.count, columns.count, first, p.cRowStride, p.bias.map { $0 + columns.lowerBound },
                p.activation.rawValue)
        }
        guard let residual = p.residual else { return }
        for row in rows {
            let target = first + (row - rows.lowerBound) * p.cRowStride
            arithmetic.add.vectorVector(target, residual + (row * p.n + columns.lowerBound), target, columns.count)
        }
    }

    private func multiplyBlock(
        _ p: MatrixProduct, _ right: Right, m: Int, k: Int, _ a: UnsafePointer<Float>, _ aStride: Int,
        row: Int, start: Int, columns: Range<Int>
    ) {
        let width = product.panelColumns
        let accumulate = p.accumulate || start > 0
        let panel = columns.lowerBound / width
        let c = p.c + row * p.cRowStride
        if let narrow = right.narrow {
            return multiplyNarrow(
                p, narrow.base + start * width, narrow.conversion, m: m, k: k, a, aStride, c, columns, accumulate)
        }
        // The end of the columns read from `base`; the rest, if any, is the narrow panel packed separately.
        let end = right.last == nil ? columns.upperBound : min(columns.upperBound, p.n / width * width)
        if let base = right.base, end > columns.lowerBound {
            product.block(
                m, end - columns.lowerBound, k, p.alpha, a, aStride, 1,
                base + (panel * right.panelStride + start * right.rowStride), right.panelStride, right.rowStride,
                c + columns.lowerBound, p.cRowStride, accumulate)
        }
        if let last = right.last, end < columns.upperBound {
            let first = max(end, columns.lowerBound)
            product.block(
                m, columns.upperBound - first, k, p.alpha, a, aStride, 1, last + start * width, 0, width,
                c + first, p.cRowStride, accumulate)
        }
    }
    /// Panels in 16-bit floats, each widened into the first-level cache before it is used.
    private func multiplyNarrow(
        _ p: MatrixProduct, _ base: UnsafePointer<UInt16>, _ conversion: ConversionKernels, m: Int, k: Int,
        _ a: UnsafePointer<Float>, _ aStride: Int, _ c: UnsafeMutablePointer<Float>, _ columns: Range<Int>,
        _ accumulate: Bool
    ) {
        let width = product.panelColumns
        withUnsafeTemporaryAllocation(byteCount: max(1, k * width) * 4, alignment: 64) { room in
            guard let room = room.baseAddress else { return }
            let wide = room.assumingMemoryBound(to: Float.self)
            for first in stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
                let panel = base + first * p.k
                // The panel's next block, which few rows would wait for; beyond the last one nothing is lost.
                if m <= product.tileRows { conversion.fetch(panel + k * width, k * width) }
                conversion.widen(panel, wide, k * width)
                product.block(
                    m, min(width, columns.upperBound - first), k, p.alpha, a, aStride, 1, wide, 0, width, c + first,
                    p.cRowStride, accumulate)
            }
        }
    }
}
