package import AttendBackend
import SIMDBackend
package import SIMDKernelTypes
package import SIMDKernels
private import Synchronization

/// Matrix products by OpenBLAS's `cblas_sgemm` and `cblas_sgemv`, followed by bias, activation and residual in the vector
/// kernels.
package final class OpenBLASEngine: MatrixEngine {
    package let name = "openblas"
    package let takesPacked = false
    /// Who names openblas gets its products, those in attention too.
    package let fusesAttention = false
    package let determinism = Determinism.notPromised(
        reason: "OpenBLAS's summation order depends on the number of rows, which threads divide")
    package let sizeLimit = Int(Int32.max)
    private let library: OpenBLASLibrary
    private let calls = Atomic<Int>(0)

    package init(_ library: OpenBLASLibrary) { self.library = library }

    /// Number of calls of the library, so that tests can check where products run.
    package var callCount: Int { calls.load(ordering: .relaxed) }

    package func multiply(_ product: MatrixProduct, _ table: KernelTable) {
        multiply(product, rows: 0..<product.m, columns: 0..<product.n, table)
    }

    package func multiply(
        _ product: MatrixProduct, _ table: KernelTable, threads: Int, parallelFor: ParallelFor
    ) {
        let work = product.m * product.n * max(product.k, 1)
        guard work > 1 << 17, threads > 1 else { return multiply(product, table) }
        // One call for each thread, along the longer side: OpenBLAS packs the other side in each.
        let isByRow = product.m >= product.n
        let count = isByRow ? product.m : product.n
        let share = (count + threads - 1) / threads
        parallelFor(count, (share + 15) / 16 * 16) { range in
            multiply(
                product, rows: isByRow ? range : 0..<product.m, columns: isByRow ? 0..<product.n : range, table)
        }
    }

    private func multiply(_ product: MatrixProduct, rows: Range<Int>, columns: Range<Int>, _ table: KernelTable) {
        guard !rows.isEmpty, !columns.isEmpty else { return }
        guard case .plain(var right) = product.b else {
            preconditionFailure("OpenBLAS needs its own packing, found another")
        }
        let target = product.c + (rows.lowerBound * product.cRowStride + columns.lowerBound)
        right.pointer += columns.lowerBound * right.columnStride
        if product.k == 0 {
            if !product.accumulate { clear(target, rows.count, columns.count, product.cRowStride) }
        } else {
            var left = product.a
            left.pointer += rows.lowerBound * left.rowStride
            withUnitStride(left, rows: rows.count, columns: product.k, table) { a in
                withUnitStride(right, rows: product.k, columns: columns.count, table) { b in
                    let block = Block(
                        m: rows.count, n: columns.count, k: product.k, alpha: product.alpha, a: a, b: b, c: target,
                        cRowStride: product.cRowStride, accumulates: product.accumulate)
                    // With one row or column a matrix is read once, as fast as memory gives it.
                    if block.m == 1 {
                        sgemv(block.b.transposed, rows: block.n, block.a.pointer, block.a.columnStride, block, step: 1)
                    } else if block.n == 1 {
                        sgemv(
                            block.a, rows: block.m, block.b.pointer, block.b.rowStride, block, step: block.cRowStride)
                    } else {
                        sgemm(block)
                    }
                }
            }
        }
        table.finish(product, rows: rows, columns: columns)
    }

    /// A block of a product, with operands in BLAS form.
    private struct Block {
        let m, n, k: Int
        let alpha: Float
        let a, b: MatrixOperand
        let c: UnsafeMutablePointer<Float>
        let cRowStride: Int
        let accumulates: Bool
    }

    private func clear(_ target: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, _ stride: Int) {
        for row in 0..<rows { (target + row * stride).update(repeating: 0, count: columns) }
    }

    private static let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)

    /// The form and the leading dimension of an operand. The row stride of a one-row matrix is arbitrary, but BLAS requires
    /// at least the row's length.
    private func leading(_ operand: MatrixOperand, _ rows: Int, _ columns: Int) -> (transpose: Int32, stride: Int32) {
        operand.columnStride == 1
            ? (Self.plain, Int32(rows > 1 ? max(operand.rowStride, columns, 1) : max(columns, 1)))
            : (Self.transposed, Int32(columns > 1 ? max(operand.columnStride, rows, 1) : max(rows, 1)))
    }

    private func sgemm(_ block: Block) {
        calls.wrappingAdd(1, ordering: .relaxed)
        let (left, right) = (leading(block.a, block.m, block.k), leading(block.b, block.k, block.n))
        library.sgemm(
            Self.rowMajor, left.transpose, right.transpose, Int32(block.m), Int32(block.n), Int32(block.k),
            block.alpha, block.a.pointer, left.stride, block.b.pointer, right.stride, block.accumulates ? 1 : 0,
            block.c, Int32(block.m > 1 ? max(block.cRowStride, block.n) : block.n))
    }

    /// The product of a matrix of k columns and a vector whose elements are `vectorStep` apart; those of the result are
    /// `step` apart.
    private func sgemv(
        _ matrix: MatrixOperand, rows: Int, _ vector: UnsafePointer<Float>, _ vectorStep: Int, _ block: Block,
        step: Int
    ) {
        calls.wrappingAdd(1, ordering: .relaxed)
        // OpenBLAS scales the old result by β = 0, and NaN · 0 is NaN.
        if !block.accumulates { for row in 0..<rows { block.c[row * step] = 0 } }
        let form = leading(matrix, rows, block.k)
        let (height, width) = form.transpose == Self.plain ? (rows, block.k) : (block.k, rows)
        library.sgemv(
            Self.rowMajor, form.transpose, Int32(height), Int32(width), block.alpha, matrix.pointer, form.stride,
            vector, Int32(max(1, vectorStep)), block.accumulates ? 1 : 0, block.c, Int32(max(1, step)))
    }

    /// Passes the operand in BLAS form: one stride 1, the other at least the length that it spans. Copies it if needed.
    private func withUnitStride(
        _ operand: MatrixOperand, rows: Int, columns: Int, _ table: KernelTable, _ body: (MatrixOperand) -> Void
    ) {
        // BLAS takes strides and sizes as Int32.
        let byRow = operand.columnStride == 1 && ((columns...sizeLimit).contains(operand.rowStride) || rows == 1)
        let byColumn = operand.rowStride == 1 && ((rows...sizeLimit).contains(operand.columnStride) || columns == 1)
        if byRow || byColumn { return body(operand) }
        let copy = UnsafeMutablePointer<Float>.allocate(capacity: max(1, rows * columns))
        defer { copy.deallocate() }
        table.copies.gather(rows, columns, operand.pointer, operand.rowStride, operand.columnStride, copy, columns)
        body(MatrixOperand(copy, rowStride: columns))
    }
}
