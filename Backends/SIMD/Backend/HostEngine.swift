package import AttendBackend
package import SIMDKernelTypes
package import SIMDKernels
package import SIMDThreads

/// Who multiplies matrices. All else is the same on every host backend.
package protocol MatrixEngine: Sendable {
    var name: String { get }
    /// Whether constant right-hand operands are wanted packed by the kernel table.
    var takesPacked: Bool { get }
    /// Whether a product's bits are independent of threads and of its number of rows.
    var determinism: Determinism { get }
    /// The most rows, columns and terms of a product.
    var sizeLimit: Int { get }
    /// One product on the calling thread.
    func multiply(_ product: MatrixProduct, _ table: KernelTable)
    /// One product over the pool.
    func multiply(_ product: MatrixProduct, _ table: KernelTable, parallelFor: ParallelFor)
}

/// The products of the kernel table itself.
package struct TableEngine: MatrixEngine {
    package let name = "simd"
    package let takesPacked = true
    /// An element is the sum over its row and column in an order that depends on their length alone.
    package let determinism = Determinism.promised
    package let sizeLimit = Int.max

    package init() {}

    package func multiply(_ product: MatrixProduct, _ table: KernelTable) { table.multiply(product) }

    package func multiply(_ product: MatrixProduct, _ table: KernelTable, parallelFor: ParallelFor) {
        table.multiply(product, parallelFor: parallelFor)
    }
}

/// What kernels on the host compute with: vector kernels, threads, and a matrix engine.
package struct HostEngine: Sendable {
    package let table: KernelTable
    package let pool: ThreadPool
    package let matrices: any MatrixEngine

    /// Elements below which work is not worth sharing.
    static let elementGrain = 1 << 14

    func parallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        pool.parallelFor(count: count, grain: grain, body: body)
    }

    /// - Throws: Why the matrix engine can't multiply matrices of these sizes.
    func requireSizes(_ sizes: [Int]) throws(UnsupportedOperation) {
        guard let size = sizes.first(where: { $0 > matrices.sizeLimit }) else { return }
        throw UnsupportedOperation("a matrix with a size of \(size): \(matrices.name) counts to \(matrices.sizeLimit)")
    }

    func multiply(_ product: MatrixProduct) { matrices.multiply(product, table) }

    func multiplyOverPool(_ product: MatrixProduct) {
        matrices.multiply(product, table) { count, grain, body in
            pool.parallelFor(count: count, grain: grain, body: body)
        }
    }
}
