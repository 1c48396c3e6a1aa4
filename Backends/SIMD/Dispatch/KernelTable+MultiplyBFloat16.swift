package import SIMDKernelTypes

extension KernelTable {
    /// Computes `p` by blocks of rows and columns that `parallelFor` distributes over threads; no bit depends on it.
    package func multiply(_ p: BFloat16Product, _ kernels: BFloat16Kernels, parallelFor: ParallelFor) {
        guard p.m > 0, p.n > 0 else { return }
        let alone: ParallelFor = { count, _, body in body(0..<count) }
        let spread = p.m * p.n * max(p.k, 1) > 1 << 17 ? parallelFor : alone
        // Rows are copied where they are not contiguous or their distance maps them all to the same sets of the
        // first-level cache.
        let isCopied = p.a.columnStride != 1 && p.k > 1 || p.a.rowStride % 1024 == 0 && p.m >= 8
        let stride = isCopied ? p.k + 32 : p.a.rowStride
        let copy = isCopied ? UnsafeMutablePointer<UInt16>.allocate(capacity: p.m * stride) : nil
        defer { copy?.deallocate() }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: p.m) { room in
            guard let least = room.baseAddress else { return }
            let rows = BFloat16Blocks.Rows(
                base: copy.map { UnsafePointer($0) } ?? p.a.pointer, stride: stride, least: least)
            let rowGrain = max(1, (1 << 15) / max(1, p.k))
            let rowItems = (p.m + rowGrain - 1) / rowGrain
            func prepareRows(_ item: Int) {
                for row in item * rowGrain..<min((item + 1) * rowGrain, p.m) {
                    if let copy { BFloat16Blocks.copyRow(p, row, to: copy + row * stride) }
                    least[row] = kernels.least(1, p.k, rows.base + row * stride, 0)
                }
            }
            func run(_ packed: UnsafePointer<UInt16>) {
                BFloat16Blocks(
                    table: self, kernels: kernels, product: p, panels: PairPanels(k: p.k, n: p.n, packed), rows: rows
                ).run(spread)
            }
            switch p.b {
            case .packed(let packed):
                spread(rowItems, 1) { for item in $0 { prepareRows(item) } }
                run(packed)
            case .plain(let b):
                let memory = UnsafeMutableRawPointer.allocate(
                    byteCount: PairPanels.byteCount(k: p.k, n: p.n), alignment: 64)
                defer { memory.deallocate() }
                let packed = memory.assumingMemoryBound(to: UInt16.self)
                // Both sides in one pass over the threads.
                let panels = PairPanels(k: p.k, n: p.n, packed).count
                spread(panels + rowItems, 1) { items in
                    for item in items {
                        if item < panels {
                            PairPanels.pack(k: p.k, n: p.n, b, panels: item..<item + 1, into: packed, kernels)
                        } else {
                            prepareRows(item - panels)
                        }
                    }
                }
                run(packed)
            }
        }
    }
}

/// The blocks of a product of bfloat16.
struct BFloat16Blocks {
    /// Contiguous rows of a.
    struct Rows {
        let base: UnsafePointer<UInt16>
        let stride: Int
        let least: UnsafePointer<Int>
    }

    static func copyRow(_ p: BFloat16Product, _ row: Int, to target: UnsafeMutablePointer<UInt16>) {
        let source = p.a.pointer + row * p.a.rowStride
        if p.a.columnStride == 1 { return target.update(from: source, count: p.k) }
        for index in 0..<p.k { target[index] = source[index * p.a.columnStride] }
    }

    let table: KernelTable
    let kernels: BFloat16Kernels
    let product: BFloat16Product
    let panels: PairPanels
    let rows: Rows

    private static let width = BFloat16Kernels.panelColumns
    /// Rows of the register tile.
    private static let tileRows = 12

    func run(_ parallelFor: ParallelFor) {
        let rowBlock = height
        let rowBlocks = (product.m + rowBlock - 1) / rowBlock
        // Enough items for balanced threads; narrow column blocks only if there are too few row blocks.
        let wanted = max(1, (16 + rowBlocks - 1) / rowBlocks)
        let panelBlock = max(1, min(8, (panels.count + wanted - 1) / wanted))
        let columnBlocks = (panels.count + panelBlock - 1) / panelBlock
        let width = panelBlock * Self.width
        parallelFor(rowBlocks * columnBlocks, 1) { items in
            // Sums; then a row of bias and one of residuals.
            withUnsafeTemporaryAllocation(byteCount: (rowBlock + 2) * width * 4, alignment: 64) { room in
                guard let base = room.baseAddress else { return }
                let sums = base.assumingMemoryBound(to: Float.self)
                for item in items {
                    let (i, first) = (item % rowBlocks * rowBlock, item / rowBlocks * panelBlock)
                    run(
                        rows: i..<min(i + rowBlock, product.m), panels: first..<min(first + panelBlock, panels.count),
                        sums, width)
                }
            }
        }
    }

    /// About 96 rows, a multiple of the tile, in blocks of similar size.
    private var height: Int {
        let blocks = (product.m + 95) / 96
        let rows = (product.m + blocks - 1) / blocks
        return (rows + Self.tileRows - 1) / Self.tileRows * Self.tileRows
    }

    private func run(rows range: Range<Int>, panels some: Range<Int>, _ sums: UnsafeMutablePointer<Float>, _ width: Int)
    {
        // With few rows panels come from memory: four of them, each in one piece.
        if range.count <= Self.tileRows {
            for first in stride(from: some.lowerBound, to: some.upperBound, by: 4) {
                multiply(
                    kernels.block, range, first..<min(first + 4, some.upperBound),
                    sums + (first - some.lowerBound) * Self.width, width)
            }
        } else {
            multiply(kernels.block, range, some, sums, width)
        }
        for panel in some {
            let least = panels.least(panel)
            for row in range where !BFloat16Kernels.isExact(rows.least[row], least) {
                let place = (row - range.lowerBound) * width + (panel - some.lowerBound) * Self.width
                multiply(kernels.wideBlock, row..<row + 1, panel..<panel + 1, sums + place, width)
            }
        }
        finish(range, some, sums, width)
    }

    private func multiply(
        _ kernel: PairBlockKernel, _ range: Range<Int>, _ some: Range<Int>, _ sums: UnsafeMutablePointer<Float>,
        _ width: Int
    ) {
        let blocks = max(1, (product.k + BFloat16Product.depth - 1) / BFloat16Product.depth)
        let depth = ((product.k + blocks - 1) / blocks + 1) / 2 * 2
        for block in 0..<blocks {
            let start = min(block * depth, product.k)
            kernel(
                range.count, some.count, min(depth, product.k - start), 1,
                rows.base + (range.lowerBound * rows.stride + start), rows.stride,
                panels.panel(some.lowerBound) + start * Self.width, panels.stride, sums, width, start > 0)
        }
    }

    /// Applies bias, activation and residual, and rounds.
    private func finish(
        _ range: Range<Int>, _ some: Range<Int>, _ sums: UnsafeMutablePointer<Float>, _ width: Int
    ) {
        let first = some.lowerBound * Self.width
        let columns = min(some.upperBound * Self.width, product.n) - first
        let rounding = table.bfloat16
        let bias = sums + range.count * width
        let residual = bias + width
        if let source = product.bias { rounding.widen(source + first, bias, columns) }
        if product.bias != nil || product.activation != .none {
            table.product.epilogue(
                range.count, columns, sums, width, product.bias == nil ? nil : UnsafePointer(bias),
                product.activation.rawValue)
        }
        for row in range {
            let (sum, place) = (sums + (row - range.lowerBound) * width, row * product.n + first)
            if let source = product.residual {
                rounding.widen(source + place, residual, columns)
                table.arithmetic.add.vectorVector(sum, residual, sum, columns)
            }
            rounding.narrow(sum, product.c + place, columns)
        }
    }
}
