/// An element of a shape: a size, a number, or a string such as `"past + tokens"`.
///
/// ```swift
/// let width = 64
/// let input = try graph.input("input", .float32, ["tokens", width])
/// ```
public protocol SizeConvertible: Sendable {
    /// The size. For a string that does not parse, a size that `GraphBuilder` rejects.
    var asSize: Size { get }
}

extension Size: SizeConvertible {
    /// The size itself.
    public var asSize: Size { self }
}

extension Int: SizeConvertible {
    /// A constant size.
    public var asSize: Size { Size(self) }
}

extension String: SizeConvertible {
    /// The parsed size; for a string that does not parse, a size that `GraphBuilder` rejects.
    public var asSize: Size { Size(stringLiteral: self) }
}

// MARK: Shapes that mix them

extension TensorType {
    /// A type whose shape mixes symbols and numbers.
    @_disfavoredOverload
    public init(_ dtype: DType, _ shape: [any SizeConvertible]) {
        self.init(dtype, shape.map(\.asSize))
    }
}

extension GraphBuilder {
    /// Adds an input whose shape mixes symbols and numbers; see ``GraphBuilder/input(_:_:_:)-(_,_,[Size])``.
    @_disfavoredOverload
    @discardableResult
    public func input(
        _ name: String, _ dtype: DType, _ shape: [any SizeConvertible]
    ) throws(GraphError) -> Value {
        try input(name, dtype, shape.map(\.asSize))
    }

    /// Adds a state whose shape mixes symbols and numbers; see ``GraphBuilder/state(_:_:_:)-(_,_,[Size])``.
    @_disfavoredOverload
    public func state(_ name: String, _ dtype: DType, _ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try state(name, dtype, shape.map(\.asSize))
    }

    /// A value of this shape that counts 0, 1, 2, … along `axis` (counted from the end if negative).
    @_disfavoredOverload
    public func iota(
        _ shape: [any SizeConvertible], axis: Int, dtype: DType = .int64
    ) throws(GraphError) -> Value {
        try iota(shape.map(\.asSize), axis: axis, dtype: dtype)
    }
}

extension Value {
    /// The same elements in row-major order with another shape. One size may be -1 and is inferred from the rest.
    @_disfavoredOverload
    public func reshaped(_ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try reshaped(shape.map(\.asSize))
    }

    /// The value broadcast to `shape`.
    @_disfavoredOverload
    public func broadcast(_ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try broadcast(shape.map(\.asSize))
    }

    /// The elements from `start` up to, but not including, `end` of one axis, `step` apart, by NumPy's rules.
    @_disfavoredOverload
    public func sliced(
        axis: Int, from start: any SizeConvertible, to end: any SizeConvertible, step: Int = 1,
        named name: String? = nil
    ) throws(GraphError) -> Value {
        try sliced(axis: axis, from: start.asSize, to: end.asSize, step: step, named: name)
    }

    /// The value with `before` and `after` elements of `value` added along each axis.
    @_disfavoredOverload
    public func padded(
        before: [any SizeConvertible], after: [any SizeConvertible], value: Double = 0
    ) throws(GraphError) -> Value {
        try padded(before: before.map(\.asSize), after: after.map(\.asSize), value: value)
    }
}
