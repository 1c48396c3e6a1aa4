package import SIMDKernelTypes

/// A strided matrix: element [i, j] is at `pointer[i · rowStride + j · columnStride]`. Transposing exchanges the
/// strides.
package struct MatrixOperand {
    package var pointer: UnsafePointer<Float>
    package var rowStride: Int
    package var columnStride: Int

    package init(_ pointer: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1) {
        self.pointer = pointer
        self.rowStride = rowStride
        self.columnStride = columnStride
    }

    package var transposed: MatrixOperand {
        MatrixOperand(pointer, rowStride: columnStride, columnStride: rowStride)
    }
}

/// The right-hand operand of a product: strided, or packed by `KernelTable.pack` of the same table, in float32 or in 16-bit
/// floats with their conversions.
package enum RightOperand {
    case plain(MatrixOperand)
    case packed(UnsafePointer<Float>)
    case narrow(UnsafePointer<UInt16>, ConversionKernels)
}

/// `c[m, n] = activation(alpha · a[m, k] · b[k, n] (+ c if accumulate) + bias[n]) + residual[m, n]`.
///
/// k = 0 makes the product 0. c must not overlap the operands; the residual's rows are n apart, c's `cRowStride` ≥ n. A
/// value of c does not depend on the division of the work: its products are added in the order of k, in blocks of
/// `MatrixProduct.depth`, or `narrowDepth` of 16-bit panels, for each element alike.
package struct MatrixProduct {
    package var m: Int
    package var n: Int
    package var k: Int
    package var alpha: Float = 1
    package var a: MatrixOperand
    package var b: RightOperand
    package var c: UnsafeMutablePointer<Float>
    package var cRowStride: Int
    package var accumulate = false
    package var bias: UnsafePointer<Float>?
    package var activation = Activation.none
    package var residual: UnsafePointer<Float>?

    package init(
        m: Int, n: Int, k: Int, alpha: Float = 1, a: MatrixOperand, b: RightOperand,
        c: UnsafeMutablePointer<Float>, cRowStride: Int, accumulate: Bool = false,
        bias: UnsafePointer<Float>? = nil, activation: Activation = .none, residual: UnsafePointer<Float>? = nil
    ) {
        self.m = m
        self.n = n
        self.k = k
        self.alpha = alpha
        self.a = a
        self.b = b
        self.c = c
        self.cRowStride = cRowStride
        self.accumulate = accumulate
        self.bias = bias
        self.activation = activation
        self.residual = residual
    }

    /// Maximum number of terms summed in registers before they are added to c.
    package static let depth = 512
    /// The same where b is widened: the float32 form of a panel's block, 16 KB with AVX-512, stays in the first-level cache.
    package static let narrowDepth = 128
}

/// Runs `body` on ranges that partition `0..<count`, each at most `grain` long, possibly concurrently, and returns when
/// all are done; `ThreadPool.parallelFor` has this signature.
package typealias ParallelFor = (_ count: Int, _ grain: Int, _ body: (Range<Int>) -> Void) -> Void
