/// A value of a graph that is being built. Combine values with operators and methods:
///
/// ```swift
/// let scores = try query.matmul(key, transposeRHS: true) * scale
/// ```
public struct Value {
    /// The builder of the graph.
    public let graph: GraphBuilder
    /// The index among the graph's values.
    public let id: Graph.ValueID

    /// Dtype and shape.
    public var type: TensorType { graph.type(of: id) }
    /// Sizes by axis; they may be symbols.
    public var shape: [Size] { type.shape }
    /// The elements' type.
    public var dtype: DType { type.dtype }
    /// The number of axes.
    public var rank: Int { type.rank }
    /// The name it has in files and errors.
    public var name: String { graph.name(of: id) }
}

extension Value: CustomStringConvertible {
    /// `scores: float32[tokens, tokens]`.
    public var description: String { "\(name): \(type)" }
}

extension Value {
    func unary(_ primitive: Primitive, _ attributes: Attributes = [:]) throws(GraphError) -> Value {
        try graph.apply(primitive, [self], attributes)
    }

    func binary(_ primitive: Primitive, _ other: Value, _ attributes: Attributes = [:]) throws(GraphError) -> Value {
        try graph.apply(primitive, [self, other], attributes)
    }

    /// A scalar constant of this value's dtype.
    func scalar(_ number: Double) throws(GraphError) -> Value {
        try graph.scalar(number, dtype: dtype)
    }
}

// MARK: Operators

/// Operands broadcast as in NumPy: shapes are aligned at the last axis, and a size of 1 stretches. Their dtypes must agree; numbers
/// become scalars of the other operand's dtype. All throw ``GraphError`` for dtypes or shapes that don't agree.
extension Value {
    public static func + (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.add, rhs) }
    public static func - (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.subtract, rhs) }
    public static func * (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.multiply, rhs) }
    public static func / (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.divide, rhs) }
    public static func + (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs + lhs.scalar(rhs) }
    public static func - (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs - lhs.scalar(rhs) }
    public static func * (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs * lhs.scalar(rhs) }
    public static func / (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs / lhs.scalar(rhs) }
    public static func * (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) * rhs }
    public static func + (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) + rhs }
    public static func - (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) - rhs }
    public static func / (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) / rhs }
    public static prefix func - (value: Value) throws(GraphError) -> Value { try value.unary(.negate) }

    /// The sum, as `+`, in a node of this name.
    public func adding(_ other: Value, named name: String) throws(GraphError) -> Value {
        try graph.apply(.add, [self, other], named: name)
    }

    /// The smaller elements; NaN where either is NaN.
    public func minimum(_ other: Value) throws(GraphError) -> Value { try binary(.minimum, other) }
    /// The larger elements; NaN where either is NaN.
    public func maximum(_ other: Value) throws(GraphError) -> Value { try binary(.maximum, other) }
    /// Each element to the power of the other, as C's `pow`. Floating-point dtypes only.
    public func power(_ other: Value) throws(GraphError) -> Value { try binary(.power, other) }
    /// Bool: whether elements are equal; NaN equals nothing.
    public func equal(_ other: Value) throws(GraphError) -> Value { try binary(.equal, other) }
    /// Bool: whether this is less; false for NaN.
    public func less(_ other: Value) throws(GraphError) -> Value { try binary(.less, other) }
    /// Bool: whether this is less or equal; false for NaN.
    public func lessEqual(_ other: Value) throws(GraphError) -> Value { try binary(.lessEqual, other) }
    /// Bool: whether this is greater; false for NaN.
    public func greater(_ other: Value) throws(GraphError) -> Value { try binary(.greater, other) }
    /// Bool: whether this is greater or equal; false for NaN.
    public func greaterEqual(_ other: Value) throws(GraphError) -> Value { try binary(.greaterEqual, other) }
    /// Both, of bools.
    public func and(_ other: Value) throws(GraphError) -> Value { try binary(.and, other) }
    /// Either, of bools.
    public func or(_ other: Value) throws(GraphError) -> Value { try binary(.or, other) }
    /// The opposite, of bools.
    public func not() throws(GraphError) -> Value { try unary(.not) }

    /// `lhs` where this (a bool) is true, else `rhs`.
    public func `where`(_ lhs: Value, _ rhs: Value) throws(GraphError) -> Value {
        try graph.apply(.where, [self, lhs, rhs])
    }
}

// MARK: Element by element

/// Functions of each element; the shape stays. Floating-point dtypes only, where nothing else is said.
extension Value {
    /// |x|. Numbers only.
    public func abs() throws(GraphError) -> Value { try unary(.abs) }
    /// −1 or 1; ±0 and NaN stay. Numbers only.
    public func sign() throws(GraphError) -> Value { try unary(.sign) }
    /// The largest integer not above x.
    public func floor() throws(GraphError) -> Value { try unary(.floor) }
    /// eˣ.
    public func exp() throws(GraphError) -> Value { try unary(.exp) }
    /// The natural logarithm; −∞ of 0, NaN of negative numbers.
    public func log() throws(GraphError) -> Value { try unary(.log) }
    /// √x; NaN of negative numbers.
    public func sqrt() throws(GraphError) -> Value { try unary(.sqrt) }
    /// 1/√x.
    public func reciprocalSqrt() throws(GraphError) -> Value { try unary(.reciprocalSqrt) }
    /// 1/x.
    public func reciprocal() throws(GraphError) -> Value { try unary(.reciprocal) }
    /// The hyperbolic tangent.
    public func tanh() throws(GraphError) -> Value { try unary(.tanh) }
    /// The error function, 2/√π ∫₀ˣ e⁻ᵗ² dt.
    public func erf() throws(GraphError) -> Value { try unary(.erf) }
    /// The sine; x in radians.
    public func sin() throws(GraphError) -> Value { try unary(.sin) }
    /// The cosine; x in radians.
    public func cos() throws(GraphError) -> Value { try unary(.cos) }
    /// The value itself; gradients end here.
    public func stopGradient() throws(GraphError) -> Value { try unary(.stopGradient) }

    /// The elements in another dtype, rounded to nearest even; the value itself for its own dtype. Floats become integers by truncation.
    public func cast(to dtype: DType) throws(GraphError) -> Value {
        dtype == self.dtype ? self : try unary(.cast, ["dtype": .dtype(dtype)])
    }
}
