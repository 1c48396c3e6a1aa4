/// A value of a graph that is being built. Combine values with operators and methods:
///
/// ```swift
/// let scores = try query.matmul(key, transposeRHS: true) * scale
/// ```
public struct Value {
    public let graph: GraphBuilder
    public let id: Graph.ValueID

    public var type: TensorType { graph.type(of: id) }
    public var shape: [Size] { type.shape }
    public var dtype: DType { type.dtype }
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

    public func minimum(_ other: Value) throws(GraphError) -> Value { try binary(.minimum, other) }
    public func maximum(_ other: Value) throws(GraphError) -> Value { try binary(.maximum, other) }
    public func power(_ other: Value) throws(GraphError) -> Value { try binary(.power, other) }
    public func equal(_ other: Value) throws(GraphError) -> Value { try binary(.equal, other) }
    public func less(_ other: Value) throws(GraphError) -> Value { try binary(.less, other) }
    public func lessEqual(_ other: Value) throws(GraphError) -> Value { try binary(.lessEqual, other) }
    public func greater(_ other: Value) throws(GraphError) -> Value { try binary(.greater, other) }
    public func greaterEqual(_ other: Value) throws(GraphError) -> Value { try binary(.greaterEqual, other) }
    public func and(_ other: Value) throws(GraphError) -> Value { try binary(.and, other) }
    public func or(_ other: Value) throws(GraphError) -> Value { try binary(.or, other) }
    public func not() throws(GraphError) -> Value { try unary(.not) }

    /// `lhs` where this (a bool) is true, else `rhs`.
    public func select(_ lhs: Value, _ rhs: Value) throws(GraphError) -> Value {
        try graph.apply(.where, [self, lhs, rhs])
    }
}

// MARK: Element by element

extension Value {
    public func absolute() throws(GraphError) -> Value { try unary(.abs) }
    public func sign() throws(GraphError) -> Value { try unary(.sign) }
    public func floor() throws(GraphError) -> Value { try unary(.floor) }
    public func exp() throws(GraphError) -> Value { try unary(.exp) }
    public func log() throws(GraphError) -> Value { try unary(.log) }
    public func squareRoot() throws(GraphError) -> Value { try unary(.sqrt) }
    public func reciprocalSquareRoot() throws(GraphError) -> Value { try unary(.reciprocalSqrt) }
    public func reciprocal() throws(GraphError) -> Value { try unary(.reciprocal) }
    public func tanh() throws(GraphError) -> Value { try unary(.tanh) }
    public func erf() throws(GraphError) -> Value { try unary(.erf) }
    public func sin() throws(GraphError) -> Value { try unary(.sin) }
    public func cos() throws(GraphError) -> Value { try unary(.cos) }
    public func stopGradient() throws(GraphError) -> Value { try unary(.stopGradient) }

    public func cast(to dtype: DType) throws(GraphError) -> Value {
        dtype == self.dtype ? self : try unary(.cast, ["dtype": .dtype(dtype)])
    }
}
