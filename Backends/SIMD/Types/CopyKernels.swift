/// Copies a matrix `source[rows, columns]` of 4-byte elements as its transpose `destination[columns, rows]`. Rows are
/// contiguous; strides are between rows, in elements. No overlap.
package typealias TransposeKernel =
    @Sendable @convention(c) (
        _ rows: Int, _ columns: Int, _ source: UnsafeRawPointer, _ sourceStride: Int,
        _ destination: UnsafeMutableRawPointer, _ destinationStride: Int
    ) -> Void

/// Copies `source[rows, columns]` of 4-byte elements with any strides (in elements, also 0 and negative) to contiguous
/// rows, `destinationStride` apart. No overlap.
package typealias GatherKernel =
    @Sendable @convention(c) (
        _ rows: Int, _ columns: Int, _ source: UnsafeRawPointer, _ rowStride: Int, _ columnStride: Int,
        _ destination: UnsafeMutableRawPointer, _ destinationStride: Int
    ) -> Void

/// Copies that reorder 4-byte elements; bits are unchanged.
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
