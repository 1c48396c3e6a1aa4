/// The function applied to each element of a matrix product after the bias.
package enum Activation: Int32, Sendable, CaseIterable {
    case none, relu, geluErf, geluTanh, silu, tanh
}

/// Packs `b[k, n]` (any strides, in elements) into panels of `panelColumns` columns: `packed[panel][k][column]`, the
/// last panel padded with zeros.
package typealias PackColumnsKernel =
    @Sendable @convention(c) (
        _ k: Int, _ n: Int, _ b: UnsafePointer<Float>, _ rowStride: Int, _ columnStride: Int,
        _ packed: UnsafeMutablePointer<Float>
    ) -> Void

/// `c[m, n] = alpha · a[m, k] · b[k, n]`, or `c +=` if `accumulate`, for one block that fits in the caches.
///
/// Rows of `a` are `aStride` apart, and elements of a row `aStep`. Row p of panel j of `b` starts at `b + j · panelStride + p ·
/// bStride`. Every panel is read at full width, also the last one (so it must be packed unless `n` is a multiple of
/// `panelColumns`).
package typealias ProductBlockKernel =
    @Sendable @convention(c) (
        _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ aStride: Int, _ aStep: Int,
        _ b: UnsafePointer<Float>, _ panelStride: Int, _ bStride: Int,
        _ c: UnsafeMutablePointer<Float>, _ cStride: Int, _ accumulate: Bool
    ) -> Void

/// `c[m, n] = activation(c + bias[n])` in place; `activation` is an `Activation.rawValue`.
package typealias EpilogueKernel =
    @Sendable @convention(c) (
        _ m: Int, _ n: Int, _ c: UnsafeMutablePointer<Float>, _ cStride: Int,
        _ bias: UnsafePointer<Float>?, _ activation: Int32
    ) -> Void

/// The parts of the blocked matrix product, combined by `KernelTable.multiply`.
package struct ProductKernels: Sendable {
    /// Rows of the register tile; row blocks should be multiples of it.
    package var tileRows: Int
    /// Columns of the register tile and of a packed panel.
    package var panelColumns: Int
    package var packColumns: PackColumnsKernel
    package var block: ProductBlockKernel
    package var epilogue: EpilogueKernel

    package init(
        tileRows: Int,
        panelColumns: Int,
        packColumns: @escaping PackColumnsKernel,
        block: @escaping ProductBlockKernel,
        epilogue: @escaping EpilogueKernel
    ) {
        self.tileRows = tileRows
        self.panelColumns = panelColumns
        self.packColumns = packColumns
        self.block = block
        self.epilogue = epilogue
    }
}
