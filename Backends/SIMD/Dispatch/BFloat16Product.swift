package import SIMDKernelTypes

/// A strided matrix of 16-bit floats: element [i, j] is at `pointer[i · rowStride + j · columnStride]`.
package struct NarrowMatrix {
    package var pointer: UnsafePointer<UInt16>
    package var rowStride: Int
    package var columnStride: Int

    package init(_ pointer: UnsafePointer<UInt16>, rowStride: Int, columnStride: Int = 1) {
        (self.pointer, self.rowStride, self.columnStride) = (pointer, rowStride, columnStride)
    }
}

/// A right-hand operand in pairs: panels of ``BFloat16Kernels/panelSize(k:)`` elements, and after them the least exponent
/// field of each panel, one byte each.
package struct PairPanels {
    package let k: Int
    package let n: Int
    private let base: UnsafePointer<UInt16>

    package init(k: Int, n: Int, _ base: UnsafePointer<UInt16>) { (self.k, self.n, self.base) = (k, n, base) }

    package var count: Int { PairPanels.count(n: n) }
    var stride: Int { BFloat16Kernels.panelSize(k: k) }

    func panel(_ index: Int) -> UnsafePointer<UInt16> { base + index * stride }

    func least(_ panel: Int) -> Int {
        Int(UnsafeRawPointer(base + count * stride).load(fromByteOffset: panel, as: UInt8.self))
    }

    private static func count(n: Int) -> Int { (n + BFloat16Kernels.panelColumns - 1) / BFloat16Kernels.panelColumns }

    /// Bytes of b[k, n] packed.
    package static func byteCount(k: Int, n: Int) -> Int {
        count(n: n) * (BFloat16Kernels.panelSize(k: k) * 2 + 1)
    }

    /// Packs b[k, n] into `byteCount(k:n:)` bytes.
    package static func pack(
        k: Int, n: Int, _ b: NarrowMatrix, into packed: UnsafeMutablePointer<UInt16>, _ kernels: BFloat16Kernels,
        parallelFor: ParallelFor
    ) {
        parallelFor(count(n: n), 2) { pack(k: k, n: n, b, panels: $0, into: packed, kernels) }
    }

    /// Packs some panels of b[k, n].
    static func pack(
        k: Int, n: Int, _ b: NarrowMatrix, panels: Range<Int>, into packed: UnsafeMutablePointer<UInt16>,
        _ kernels: BFloat16Kernels
    ) {
        let (width, size) = (BFloat16Kernels.panelColumns, BFloat16Kernels.panelSize(k: k))
        let exponents = UnsafeMutableRawPointer(packed + count(n: n) * size)
        for panel in panels {
            let (first, target) = (panel * width, packed + panel * size)
            let columns = min(width, n - first)
            if columns < width { target.update(repeating: 0, count: size) }
            kernels.pack(k, columns, b.pointer + first * b.columnStride, b.rowStride, b.columnStride, target)
            let least = kernels.least(1, size, target, 0)
            exponents.storeBytes(of: UInt8(least), toByteOffset: panel, as: UInt8.self)
        }
    }
}

/// `c[m, n] = activation(a[m, k] · b[k, n] + bias[n]) + residual[m, n]` in bfloat16: sums, bias, activation and residual are
/// in float32, and the result is rounded once.
///
/// c and the residual are dense. A value of c depends on its row of a and on b alone: products are added in the order of k in
/// blocks of ``depth``, and a row goes to the float32 kernel by its own numbers and those of a panel of b.
package struct BFloat16Product {
    /// The right-hand operand.
    package enum Right {
        case plain(NarrowMatrix)
        case packed(UnsafePointer<UInt16>)
    }

    package var m: Int
    package var n: Int
    package var k: Int
    package var a: NarrowMatrix
    package var b: Right
    package var c: UnsafeMutablePointer<UInt16>
    package var bias: UnsafePointer<UInt16>?
    package var activation = Activation.none
    package var residual: UnsafePointer<UInt16>?

    package init(
        m: Int, n: Int, k: Int, a: NarrowMatrix, b: Right, c: UnsafeMutablePointer<UInt16>,
        bias: UnsafePointer<UInt16>? = nil, activation: Activation = .none, residual: UnsafePointer<UInt16>? = nil
    ) {
        (self.m, self.n, self.k, self.a, self.b, self.c) = (m, n, k, a, b, c)
        (self.bias, self.activation, self.residual) = (bias, activation, residual)
    }

    /// Maximum number of terms summed in registers; even.
    package static let depth = 1024
}
