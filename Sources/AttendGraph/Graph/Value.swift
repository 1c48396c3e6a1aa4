/// A value of a graph under construction. Values are combined by operators and methods:
///
/// ```swift
/// let scores = try query.matmul(key, transposeRHS: true) * scale
/// ```
public struct Value {
    /// The builder of the graph.
    public let graph: GraphBuilder
    /// Index into the graph's values.
    public let id: Graph.ValueID

    /// Dtype and shape.
    public var type: TensorType { graph.type(of: id) }
    /// Sizes by axis, possibly symbolic.
    public var shape: [Size] { type.shape }
    /// Element type.
    public var dtype: DType { type.dtype }
    /// The number of axes.
    public var rank: Int { type.rank }
    /// The name in files and errors.
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

/// Elementwise operations. Operands broadcast as in NumPy: shapes are aligned at the last axis, and a size of 1
/// stretches. Their dtypes must agree; numbers become scalars of the other operand's dtype. All throw ``GraphError``
/// for dtypes or shapes that don't agree.
extension Value {
    /// Elementwise sum, with broadcasting.
    public static func + (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.add, rhs) }
    /// Elementwise difference, with broadcasting.
    public static func - (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.subtract, rhs) }
    /// Elementwise product, with broadcasting.
    public static func * (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.multiply, rhs) }
    /// Elementwise quotient, with broadcasting.
    public static func / (lhs: Value, rhs: Value) throws(GraphError) -> Value { try lhs.binary(.divide, rhs) }
    /// Each element plus a number.
    public static func + (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs + lhs.scalar(rhs) }
    /// Each element minus a number.
    public static func - (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs - lhs.scalar(rhs) }
    /// Each element times a number.
    public static func * (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs * lhs.scalar(rhs) }
    /// Each element divided by a number.
    public static func / (lhs: Value, rhs: Double) throws(GraphError) -> Value { try lhs / lhs.scalar(rhs) }
    /// A number times each element.
    public static func * (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) * rhs }
    /// A number plus each element.
    public static func + (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) + rhs }
    /// A number minus each element.
    public static func - (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) - rhs }
    /// A number divided by each element.
    public static func / (lhs: Double, rhs: Value) throws(GraphError) -> Value { try rhs.scalar(lhs) / rhs }
    /// Elementwise negation. Numbers only.
    public static prefix func - (value: Value) throws(GraphError) -> Value { try value.unary(.negate) }

    /// Elementwise sum, as `+`, with a node name.
    public func adding(_ other: Value, named name: String) throws(GraphError) -> Value {
        try graph.apply(.add, [self, other], named: name)
    }

    /// Elementwise product, as `*`, with a node name.
    public func multiplying(_ other: Value, named name: String) throws(GraphError) -> Value {
        try graph.apply(.multiply, [self, other], named: name)
    }

    /// Elementwise minimum; NaN where either is NaN.
    public func minimum(_ other: Value) throws(GraphError) -> Value { try binary(.minimum, other) }
    /// Elementwise maximum; NaN where either is NaN.
    public func maximum(_ other: Value) throws(GraphError) -> Value { try binary(.maximum, other) }
    /// Elementwise power, as C's `pow`. Floating-point dtypes only.
    public func power(_ other: Value) throws(GraphError) -> Value { try binary(.power, other) }
    /// Elementwise equality, as bool; NaN equals nothing.
    public func equal(_ other: Value) throws(GraphError) -> Value { try binary(.equal, other) }
    /// Elementwise `<`, as bool; false for NaN.
    public func less(_ other: Value) throws(GraphError) -> Value { try binary(.less, other) }
    /// Elementwise `≤`, as bool; false for NaN.
    public func lessEqual(_ other: Value) throws(GraphError) -> Value { try binary(.lessEqual, other) }
    /// Elementwise `>`, as bool; false for NaN.
    public func greater(_ other: Value) throws(GraphError) -> Value { try binary(.greater, other) }
    /// Elementwise `≥`, as bool; false for NaN.
    public func greaterEqual(_ other: Value) throws(GraphError) -> Value { try binary(.greaterEqual, other) }
    /// Elementwise conjunction of bools.
    public func and(_ other: Value) throws(GraphError) -> Value { try binary(.and, other) }
    /// Elementwise disjunction of bools.
    public func or(_ other: Value) throws(GraphError) -> Value { try binary(.or, other) }
    /// Elementwise negation of bools.
    public func not() throws(GraphError) -> Value { try unary(.not) }

    /// `lhs` where this bool is true, else `rhs`; all three broadcast.
    public func `where`(_ lhs: Value, _ rhs: Value) throws(GraphError) -> Value {
        try graph.apply(.where, [self, lhs, rhs])
    }
}

// MARK: Element by element

/// Elementwise functions; the shape is unchanged. Floating-point dtypes only, unless noted; all throw ``GraphError``
/// for another dtype.
extension Value {
    /// |x|. Numbers only.
    public func abs() throws(GraphError) -> Value { try unary(.abs) }
    /// −1 or 1; ±0 and NaN are unchanged. Numbers only.
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
    /// The value itself, as a barrier to gradients. Any dtype.
    public func stopGradient() throws(GraphError) -> Value { try unary(.stopGradient) }

    /// The elements in another dtype, rounded to nearest even; floats become integers by truncation. Returns the value
    /// itself for its own dtype.
    public func cast(to dtype: DType) throws(GraphError) -> Value {
        dtype == self.dtype ? self : try unary(.cast, ["dtype": .dtype(dtype)])
    }
}
