/// One panel of a quantized weight: `panelColumns` columns of words `[k · bits / 32][panelColumns]`, and of float32 scales
/// and offsets `[groups][panelColumns]`.
package struct QuantizedPanel {
    package var words: UnsafePointer<UInt32>
    package var scales: UnsafePointer<Float>
    package var offsets: UnsafePointer<Float>
    /// 4 or 8.
    package var bits: Int
    /// k of a group.
    package var group: Int
    package var groups: Int

    package init(
        words: UnsafePointer<UInt32>, scales: UnsafePointer<Float>, offsets: UnsafePointer<Float>, bits: Int,
        group: Int, groups: Int
    ) {
        (self.words, self.scales, self.offsets) = (words, scales, offsets)
        (self.bits, self.group, self.groups) = (bits, group, groups)
    }
}

/// `c[rows, panelColumns] = a[rows, k] · w[k, panelColumns]`; `sums` `[rows, groups]` are those of a over each group.
package typealias QuantizedProductKernel =
    @Sendable (
        _ rows: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ sums: UnsafePointer<Float>, _ panel: QuantizedPanel,
        _ c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) -> Void

/// The sums of `count` successive elements, `groups` times.
package typealias GroupSumKernel =
    @Sendable @convention(c) (
        _ a: UnsafePointer<Float>, _ groups: Int, _ count: Int, _ sums: UnsafeMutablePointer<Float>
    ) -> Void

/// Products with quantized weights.
package struct QuantizedKernels: Sendable {
    /// Columns of a panel.
    package var panelColumns: Int
    package var product: QuantizedProductKernel
    package var groupSums: GroupSumKernel

    package init(panelColumns: Int, product: @escaping QuantizedProductKernel, groupSums: @escaping GroupSumKernel) {
        (self.panelColumns, self.product, self.groupSums) = (panelColumns, product, groupSums)
    }
}
