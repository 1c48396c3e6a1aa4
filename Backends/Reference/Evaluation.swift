import AttendBackend

/// One operation on its input elements. Each primitive is defined by a method in `Kernels/`.
///
/// Two number types suffice: floating-point numbers as the scalar, and integers as `Int64`. int32 is widened and
/// results are wrapped, which is arithmetic modulo 2³² as specified.
struct Evaluation<Scalar: ReferenceScalar> {
    let kernel: ReferenceKernel<Scalar>
    let inputs: [Elements<Scalar>]

    var attributes: Attributes { kernel.operation.attributes }
    /// The output's dtype.
    var dtype: DType { kernel.output.dtype }
    var shape: [Int] { kernel.output.shape }

    /// The output's elements, rounded to its dtype.
    ///
    /// All code called from here is specialized for `Float`, `Double` and `Bounded`.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    @specialized(where Scalar == Bounded)
    func result() throws(BackendError) -> Elements<Scalar> {
        let exact = try computed()
        guard dtype == .float16 || dtype == .bfloat16, case .floating(let values) = exact else { return exact }
        return .floating(values.map { $0.rounded(to: dtype) })
    }

    private func computed() throws(BackendError) -> Elements<Scalar> {
        switch kernel.primitive {
        case .matmul: try matmul()
        case .add: try arithmetic({ $0 + $1 }, { $0 &+ $1 })
        case .subtract: try arithmetic({ $0 - $1 }, { $0 &- $1 })
        case .multiply: try arithmetic({ $0 * $1 }, { $0 &* $1 })
        case .divide: try arithmetic({ $0 / $1 }, Self.quotient)
        case .minimum: try arithmetic({ Scalar.smaller($0, $1) }, { Swift.min($0, $1) })
        case .maximum: try arithmetic({ Scalar.larger($0, $1) }, { Swift.max($0, $1) })
        case .power: try power()
        case .equal: try comparison({ $0 == $1 }, { $0 == $1 })
        case .less: try comparison({ $0 < $1 }, { $0 < $1 })
        case .lessEqual: try comparison({ $0 <= $1 }, { $0 <= $1 })
        case .greater: try comparison({ $1 < $0 }, { $1 < $0 })
        case .greaterEqual: try comparison({ $1 <= $0 }, { $1 <= $0 })
        case .and: try logic { $0 && $1 }
        case .or: try logic { $0 || $1 }
        case .not: .bool(try bools(0).map { !$0 })
        case .where: try `where`()
        case .negate: try unary({ -$0 }, { 0 &- $0 })
        case .abs: try unary({ Scalar.abs($0) }, { $0 < 0 ? 0 &- $0 : $0 })
        case .sign: try unary(Self.sign, { $0.signum() })
        case .floor: try unary { Scalar.floor($0) }
        case .sqrt: try unary { Scalar.sqrt($0) }
        case .reciprocalSqrt: try unary { Scalar(1 as Float) / Scalar.sqrt($0) }
        case .reciprocal: try unary { Scalar(1 as Float) / $0 }
        case .reduceSum: try reduceSum()
        case .reduceMax: try reduceMax()
        case .reshape, .stopGradient: inputs[0]
        case .transpose: transpose()
        case .broadcast: broadcast(0)
        case .slice: slice()
        case .pad: pad()
        case .concatenate: concatenate()
        case .gather: try gather()
        case .scatterAdd: try scatterAdd()
        case .updateSlice: try updateSlice()
        case .cast: cast()
        case .iota: iota()
        case .argMax: try argMax()
        case .random: try random()
        default: try elementary()
        }
    }
}

// MARK: What the kernels read

extension Evaluation {
    func shape(ofInput index: Int) -> [Int] { kernel.inputs[index].shape }

    func floats(_ index: Int) throws(BackendError) -> [Scalar] { try floats(inputs[index]) }

    func floats(_ elements: Elements<Scalar>) throws(BackendError) -> [Scalar] {
        guard case .floating(let values) = elements else { throw unexpected(elements) }
        return values
    }

    func bools(_ index: Int) throws(BackendError) -> [Bool] { try bools(inputs[index]) }

    func bools(_ elements: Elements<Scalar>) throws(BackendError) -> [Bool] {
        guard case .bool(let values) = elements else { throw unexpected(elements) }
        return values
    }

    func integers(_ index: Int) throws(BackendError) -> [Int64] { try integers(inputs[index]) }

    /// Integers widened to int64, bools as 0 and 1.
    func integers(_ elements: Elements<Scalar>) throws(BackendError) -> [Int64] {
        switch elements {
        case .int32(let values): return values.map { Int64($0) }
        case .int64(let values): return values
        case .bool(let values): return values.map { $0 ? 1 : 0 }
        case .floating: throw unexpected(elements)
        }
    }

    /// The attribute `axis`, counted from the front.
    func axis(ofInput index: Int = 0) -> Int {
        let axis = attributes.integer("axis")
        return axis < 0 ? axis + shape(ofInput: index).count : axis
    }

    /// The index counted from the front.
    ///
    /// - Throws: ``BackendError`` for an index outside of the axis.
    func resolved(_ index: Int64, size: Int) throws(BackendError) -> Int {
        let fromFront = index < 0 ? index + Int64(size) : index
        guard fromFront >= 0, fromFront < size else { throw outOfRange(index, size: size) }
        return Int(fromFront)
    }

    func outOfRange(_ index: Int64, size: Int) -> BackendError {
        .indexOutOfRange(
            backend: kernel.backend, operation: kernel.operation.name, index: Int(clamping: index), size: size)
    }

    private func unexpected(_ elements: Elements<Scalar>) -> BackendError {
        .failed(
            backend: kernel.backend, action: "run \(kernel.operation.name)",
            reason: "it is not defined for \(elements.kind)")
    }
}
