/// Packs `b[k, n]`, n ≤ `BFloat16Kernels.panelColumns`, as pairs along k: `packed[p / 2][column][p % 2]`, rows of two numbers
/// for each column of a panel. Strides are in elements. The pair of an odd k's last number ends with 0; columns from n on
/// are not written.
package typealias PackPairsKernel =
    @Sendable @convention(c) (
        _ k: Int, _ n: Int, _ b: UnsafePointer<UInt16>, _ rowStride: Int, _ columnStride: Int,
        _ packed: UnsafeMutablePointer<UInt16>
    ) -> Void

/// The exponent field of the smallest number of `x[m, n]` that is not 0: 0 if one is subnormal, 255 if none is finite and
/// not 0. Rows are contiguous and `stride` apart.
package typealias LeastExponentKernel =
    @Sendable @convention(c) (_ m: Int, _ n: Int, _ x: UnsafePointer<UInt16>, _ stride: Int) -> Int

/// `c[m, panels · panelColumns] = alpha · a[m, k] · b`, or `c +=` if `accumulate`, in float32.
///
/// Rows of `a` are contiguous and `aStride` apart; `b` is packed in pairs, its panels `panelStride` elements apart.
package typealias PairBlockKernel =
    @Sendable @convention(c) (
        _ m: Int, _ panels: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<UInt16>, _ aStride: Int,
        _ b: UnsafePointer<UInt16>, _ panelStride: Int, _ c: UnsafeMutablePointer<Float>, _ cStride: Int,
        _ accumulate: Bool
    ) -> Void

/// Products of bfloat16 by the processor's own instruction for pairs (`vdpbf16ps`), with sums in float32.
///
/// The instruction takes subnormal numbers for 0 and makes 0 of subnormal sums. ``isExact(_:_:)`` tells where that can't
/// happen; elsewhere ``wideBlock`` computes the same in float32.
package struct BFloat16Kernels: Sendable {
    package var pack: PackPairsKernel
    package var least: LeastExponentKernel
    package var block: PairBlockKernel
    package var wideBlock: PairBlockKernel

    /// Columns of a packed panel.
    package static let panelColumns = 32

    package init(
        pack: @escaping PackPairsKernel, least: @escaping LeastExponentKernel, block: @escaping PairBlockKernel,
        wideBlock: @escaping PairBlockKernel
    ) {
        (self.pack, self.least, self.block, self.wideBlock) = (pack, least, block, wideBlock)
    }

    /// Elements of a packed panel of k rows.
    package static func panelSize(k: Int) -> Int { (k + 1) / 2 * 2 * panelColumns }

    /// Whether no operand and no sum of a product is subnormal, by the least exponent fields of both sides.
    ///
    /// With exponents e and f of the smallest numbers, all products are multiples of 2^(e − 7 + f − 7), and so are their sums,
    /// rounded or not: with e + f − 14 ≥ −126 a sum is 0 or at least the smallest normal number.
    package static func isExact(_ left: Int, _ right: Int) -> Bool {
        left > 0 && right > 0 && left + right >= 2 * 127 + 14 - 126
    }
}
