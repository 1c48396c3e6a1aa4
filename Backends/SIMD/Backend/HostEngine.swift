package import AttendBackend
package import SIMDKernelTypes
package import SIMDKernels
package import SIMDThreads

/// The implementation of matrix products; all else is the same in every host backend.
package protocol MatrixEngine: Sendable {
    var name: String { get }
    /// Whether constant right-hand operands should be packed by the kernel table.
    var takesPacked: Bool { get }
    /// Whether products are bitwise independent of the threads and of the number of rows.
    var determinism: Determinism { get }
    /// Maximum number of rows, columns and terms of a product.
    var sizeLimit: Int { get }
    /// Whether attention is computed in one pass, without this engine. Else its two products are the engine's.
    var fusesAttention: Bool { get }
    /// Computes a product on the calling thread.
    func multiply(_ product: MatrixProduct, _ table: KernelTable)
    /// Computes a product on several threads.
    func multiply(_ product: MatrixProduct, _ table: KernelTable, threads: Int, parallelFor: ParallelFor)
}

/// Matrix products by the kernel table.
package struct TableEngine: MatrixEngine {
    package let name = "simd"
    package let takesPacked = true
    /// The summation order of an element depends only on the number of terms.
    package let determinism = Determinism.promised
    package let sizeLimit = Int.max
    package let fusesAttention = true

    package init() {}

    package func multiply(_ product: MatrixProduct, _ table: KernelTable) { table.multiply(product) }

    package func multiply(_ product: MatrixProduct, _ table: KernelTable, threads: Int, parallelFor: ParallelFor) {
        table.multiply(product, parallelFor: parallelFor)
    }
}

/// The shared state of host kernels: vector kernels, threads, and a matrix engine.
package struct HostEngine: Sendable {
    package let table: KernelTable
    package let pool: ThreadPool
    package let matrices: any MatrixEngine
    let scratch = ScratchPool()

    /// Number of elements below which work is not divided among threads.
    static let elementGrain = 1 << 14

    func parallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        pool.parallelFor(count: count, grain: grain, body: body)
    }

    /// All threads, for products.
    var spread: ParallelFor { { count, grain, body in pool.parallelFor(count: count, grain: grain, body: body) } }

    /// - Throws: `UnsupportedOperation` for sizes beyond the matrix engine's limit.
    func requireSizes(_ sizes: [Int]) throws(UnsupportedOperation) {
        guard let size = sizes.first(where: { $0 > matrices.sizeLimit }) else { return }
        throw UnsupportedOperation("matrix size \(size) exceeds the limit of \(matrices.name), \(matrices.sizeLimit)")
    }

    func multiply(_ product: MatrixProduct) { matrices.multiply(product, table) }

    func multiplyOverPool(_ product: MatrixProduct) {
        matrices.multiply(product, table, threads: pool.threadCount, parallelFor: spread)
    }
}
