/// The type of a value in a graph: element type and (possibly symbolic) shape.
public struct TensorType: Sendable, Hashable {
    public var dtype: DType
    public var shape: [Size]

    public init(_ dtype: DType, _ shape: [Size]) {
        self.dtype = dtype
        self.shape = shape
    }

    public init(_ dtype: DType, _ shape: [Int]) {
        self.init(dtype, shape.map { Size($0) })
    }

    public var rank: Int { shape.count }

    /// The shape as numbers, when no symbol is left.
    public var concreteShape: [Int]? {
        var sizes: [Int] = []
        for size in shape {
            guard let value = size.constant else { return nil }
            sizes.append(value)
        }
        return sizes
    }

    public func bound(to symbols: [String: Int]) throws(SizeError) -> TensorType {
        var sizes: [Size] = []
        for size in shape { sizes.append(Size(try size.bound(to: symbols))) }
        return TensorType(dtype, sizes)
    }
}

extension TensorType: CustomStringConvertible {
    public var description: String { "\(dtype)[\(shape.map(\.description).joined(separator: ", "))]" }
}
