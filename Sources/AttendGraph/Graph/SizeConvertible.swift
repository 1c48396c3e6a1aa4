/// An element of a shape: a size, a number, or a text such as `"past + tokens"`.
///
/// ```swift
/// let width = 64
/// let input = try graph.input("input", .float32, ["tokens", width])
/// ```
public protocol SizeConvertible: Sendable {
    /// The size. For a text that does not parse, a size that `GraphBuilder` rejects.
    var asSize: Size { get }
}

extension Size: SizeConvertible {
    public var asSize: Size { self }
}

extension Int: SizeConvertible {
    public var asSize: Size { Size(self) }
}

extension String: SizeConvertible {
    public var asSize: Size { Size(stringLiteral: self) }
}

// MARK: Shapes that mix them

extension TensorType {
    /// A type with a shape that mixes symbols and numbers.
    @_disfavoredOverload
    public init(_ dtype: DType, _ shape: [any SizeConvertible]) {
        self.init(dtype, shape.map(\.asSize))
    }
}

extension GraphBuilder {
    /// Adds an input, of a shape that mixes symbols and numbers.
    @_disfavoredOverload
    @discardableResult
    public func input(
        _ name: String, _ dtype: DType, _ shape: [any SizeConvertible]
    ) throws(GraphError) -> Value {
        try input(name, dtype, shape.map(\.asSize))
    }

    /// Adds a state, of a shape that mixes symbols and numbers.
    @_disfavoredOverload
    public func state(_ name: String, _ dtype: DType, _ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try state(name, dtype, shape.map(\.asSize))
    }

    /// Counts 0, 1, 2, … along `axis`.
    @_disfavoredOverload
    public func iota(
        _ shape: [any SizeConvertible], axis: Int, dtype: DType = .int64
    ) throws(GraphError) -> Value {
        try iota(shape.map(\.asSize), axis: axis, dtype: dtype)
    }
}

extension Value {
    /// One size may be -1: it takes what is left.
    @_disfavoredOverload
    public func reshaped(_ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try reshaped(shape.map(\.asSize))
    }

    /// The value with the shape `shape`, to which its own must broadcast.
    @_disfavoredOverload
    public func broadcast(_ shape: [any SizeConvertible]) throws(GraphError) -> Value {
        try broadcast(shape.map(\.asSize))
    }

    /// The elements from `start` up to `end` of one axis.
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
