/// `y[i] = f(x[i])` over `n` contiguous elements. `y` may be `x` itself, but not overlap it otherwise.
package typealias UnaryKernel =
    @Sendable @convention(c) (
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) -> Void

/// `y[i] = f(a[i], b[i])` over `n` contiguous elements; `y` may be `a` or `b`.
package typealias VectorVectorKernel =
    @Sendable @convention(c) (
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) -> Void

/// `y[i] = f(a[i], b)` over `n` contiguous elements; `y` may be `a`.
package typealias VectorScalarKernel =
    @Sendable @convention(c) (
        _ a: UnsafePointer<Float>, _ b: Float, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) -> Void

/// `y[i] = f(a, b[i])` over `n` contiguous elements; `y` may be `b`.
package typealias ScalarVectorKernel =
    @Sendable @convention(c) (
        _ a: Float, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ n: Int
    ) -> Void

/// An arithmetic operation in three forms: both operands vectors, or either one a scalar.
package struct BinaryKernels: Sendable {
    package var vectorVector: VectorVectorKernel
    package var vectorScalar: VectorScalarKernel
    package var scalarVector: ScalarVectorKernel

    package init(
        vectorVector: @escaping VectorVectorKernel,
        vectorScalar: @escaping VectorScalarKernel,
        scalarVector: @escaping ScalarVectorKernel
    ) {
        self.vectorVector = vectorVector
        self.vectorScalar = vectorScalar
        self.scalarVector = scalarVector
    }
}

/// Binary operations, each rounded once as in IEEE 754.
package struct ArithmeticKernels: Sendable {
    package var add: BinaryKernels
    package var subtract: BinaryKernels
    package var multiply: BinaryKernels
    package var divide: BinaryKernels
    /// NaN if either operand is NaN; for −0 and +0 the second operand.
    package var minimum: BinaryKernels
    /// NaN if either operand is NaN; for −0 and +0 the second operand.
    package var maximum: BinaryKernels

    package init(
        add: BinaryKernels,
        subtract: BinaryKernels,
        multiply: BinaryKernels,
        divide: BinaryKernels,
        minimum: BinaryKernels,
        maximum: BinaryKernels
    ) {
        self.add = add
        self.subtract = subtract
        self.multiply = multiply
        self.divide = divide
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// Functions of one variable. Ulps are of the float32 result, measured against float64.
///
/// Raw values of primitives are their names in graph files.
package enum UnaryFunction: String, CaseIterable, Sendable {
    /// Flips the sign bit, also of NaN.
    case negate
    /// Clears the sign bit.
    case abs
    /// −1, +1, or the operand itself for −0, +0 and NaN.
    case sign
    /// Exact; keeps −0.
    case floor
    /// ≤ 2 ulp, denormal results included; overflow gives +∞, underflow +0.
    case exp
    /// ≤ 2 ulp, denormals included; log(±0) = −∞, negative x gives NaN.
    case log
    /// Rounded once.
    case sqrt
    /// 1 / √x, rounded twice: ≤ 1.5 ulp.
    case reciprocalSqrt = "reciprocal_sqrt"
    /// 1 / x, rounded once.
    case reciprocal
    /// ≤ 3 ulp, relative accuracy for tiny x; keeps −0.
    case tanh
    /// ≤ 3 ulp, relative accuracy for tiny x; keeps −0.
    case erf
    /// The C library's sine: ≤ 1 ulp for every x.
    case sin
    /// The C library's cosine: ≤ 1 ulp for every x.
    case cos
    /// 1 / (1 + e⁻ˣ): ≤ 4 ulp, also for large negative x.
    case sigmoid
    /// x · sigmoid(x): ≤ 5 ulp, or |x| · 2⁻¹⁴⁹ if the sigmoid is denormal (x < −87); NaN at −∞, as in the product.
    case silu
    /// x if x > 0, NaN if x is NaN, +0 otherwise.
    case relu
    /// x/2 · (1 + erf(x/√2)); absolute error ≤ 4 ulp of x/2.
    case gelu
    /// x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))); absolute error ≤ 5 ulp of x/2.
    case geluTanh = "gelu_tanh"
}
