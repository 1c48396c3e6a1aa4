/// The type of a value in a graph: element type and (possibly symbolic) shape.
public struct TensorType: Sendable, Hashable {
    /// The largest rank of a value in a graph.
    public static let largestRank = 8

    /// Element type.
    public var dtype: DType
    /// Sizes by axis, possibly symbolic; `[]` for a scalar.
    public var shape: [Size]

    /// A type with a possibly symbolic shape.
    public init(_ dtype: DType, _ shape: [Size]) {
        self.dtype = dtype
        self.shape = shape
    }

    /// A type with a constant shape.
    public init(_ dtype: DType, _ shape: [Int]) {
        self.init(dtype, shape.map { Size($0) })
    }

    /// The number of axes.
    public var rank: Int { shape.count }

    /// The shape as numbers, or nil if a size is symbolic. O(rank).
    public var concreteShape: [Int]? {
        var sizes: [Int] = []
        for size in shape {
            guard let value = size.constant else { return nil }
            sizes.append(value)
        }
        return sizes
    }

    /// The type with every symbol replaced by its value.
    ///
    /// - Throws: ``SizeError`` for an unbound symbol, an uneven division, a division by 0 or overflow.
    public func bound(to symbols: [String: Int]) throws(SizeError) -> TensorType {
        var sizes: [Size] = []
        for size in shape { sizes.append(Size(try size.bound(to: symbols))) }
        return TensorType(dtype, sizes)
    }
}

extension TensorType: CustomStringConvertible {
    /// The type in text, `float32[tokens, 64]`.
    public var description: String { "\(dtype)[\(shape.map(\.description).joined(separator: ", "))]" }
}
