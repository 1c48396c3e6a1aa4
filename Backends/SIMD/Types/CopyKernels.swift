/// Copies a matrix `source[rows, columns]` of 4-byte elements as its transpose `destination[columns, rows]`.
/// Strides are those between rows, in elements; within a row elements are neighbors. No overlap.
package typealias TransposeKernel =
    @Sendable @convention(c) (
        _ rows: Int, _ columns: Int, _ source: UnsafeRawPointer, _ sourceStride: Int,
        _ destination: UnsafeMutableRawPointer, _ destinationStride: Int
    ) -> Void

/// Copies `source[rows, columns]` of 4-byte elements, any strides (in elements, 0 and negative too), to rows whose
/// elements are neighbors, `destinationStride` apart. No overlap.
package typealias GatherKernel =
    @Sendable @convention(c) (
        _ rows: Int, _ columns: Int, _ source: UnsafeRawPointer, _ rowStride: Int, _ columnStride: Int,
        _ destination: UnsafeMutableRawPointer, _ destinationStride: Int
    ) -> Void

/// Copies that change the order of 4-byte elements; bits are moved unchanged.
package struct CopyKernels: Sendable {
    package var transpose: TransposeKernel
    package var gather: GatherKernel

    package init(
        transpose: @escaping TransposeKernel,
        gather: @escaping GatherKernel
    ) {
        self.transpose = transpose
        self.gather = gather
    }
}
