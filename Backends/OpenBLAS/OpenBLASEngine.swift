package import AttendBackend
import SIMDBackend
package import SIMDKernelTypes
package import SIMDKernels
private import Synchronization

/// Matrix products by OpenBLAS's `cblas_sgemm`, followed by bias, activation and residual in the vector kernels.
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

    /// Number of sgemm calls, so that tests can check where products run.
    package var callCount: Int { calls.load(ordering: .relaxed) }

    package func multiply(_ product: MatrixProduct, _ table: KernelTable) {
        multiply(product, rows: 0..<product.m, table)
    }

    package func multiply(_ product: MatrixProduct, _ table: KernelTable, parallelFor: ParallelFor) {
        // Enough rows per chunk that packing the right-hand side in each does not dominate.
        let work = product.m * product.n * max(product.k, 1)
        guard work > 1 << 17 else { return multiply(product, table) }
        parallelFor(product.m, max(64, (product.m + 7) / 8)) { rows in multiply(product, rows: rows, table) }
    }

    private func multiply(_ product: MatrixProduct, rows: Range<Int>, _ table: KernelTable) {
        guard !rows.isEmpty, product.n > 0 else { return }
        guard case .plain(let right) = product.b else {
            preconditionFailure("OpenBLAS needs its own packing, found another")
        }
        let target = product.c + rows.lowerBound * product.cRowStride
        if product.k == 0 {
            if !product.accumulate {
                for row in rows { (product.c + row * product.cRowStride).update(repeating: 0, count: product.n) }
            }
        } else {
            let start = product.a.pointer + rows.lowerBound * product.a.rowStride
            let left = MatrixOperand(start, rowStride: product.a.rowStride, columnStride: product.a.columnStride)
            withUnitStride(left, rows: rows.count, columns: product.k, table) { a in
                withUnitStride(right, rows: product.k, columns: product.n, table) { b in
                    sgemm(product, rows.count, a, b, target)
                }
            }
        }
        table.finish(product, rows: rows, columns: 0..<product.n)
    }

    private func sgemm(
        _ product: MatrixProduct, _ rows: Int, _ a: MatrixOperand, _ b: MatrixOperand,
        _ target: UnsafeMutablePointer<Float>
    ) {
        calls.wrappingAdd(1, ordering: .relaxed)
        let (rowMajor, plain, transposed): (Int32, Int32, Int32) = (101, 111, 112)
        // The row stride of a one-row matrix is arbitrary, but BLAS requires at least the row's length.
        func leading(_ operand: MatrixOperand, _ rows: Int, _ columns: Int) -> (transpose: Int32, stride: Int32) {
            operand.columnStride == 1
                ? (plain, Int32(rows > 1 ? max(operand.rowStride, columns, 1) : max(columns, 1)))
                : (transposed, Int32(columns > 1 ? max(operand.columnStride, rows, 1) : max(rows, 1)))
        }
        let (left, right) = (leading(a, rows, product.k), leading(b, product.k, product.n))
        library.sgemm(
            rowMajor, left.transpose, right.transpose, Int32(rows), Int32(product.n), Int32(product.k),
            product.alpha, a.pointer, left.stride, b.pointer, right.stride, product.accumulate ? 1 : 0, target,
            Int32(rows > 1 ? max(product.cRowStride, product.n) : product.n))
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
