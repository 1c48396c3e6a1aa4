/// The elements of a graph's constant: in memory, or read on demand.
public enum ConstantTensor: Sendable, Hashable {
    /// A tensor in memory.
    case held(Tensor)
    /// A tensor that is read where its elements are needed, such as a weight in a file.
    case deferred(DeferredTensor)

    /// Number of elements from which tensors of files are read on demand: smaller ones are kept in memory.
    private static let deferredElementCount = 1 << 12

    /// A tensor of a file: read now if it is small, else each time its elements are needed.
    ///
    /// - Parameter name: Its name in the file.
    package init(
        ofFile name: String, _ dtype: DType, _ shape: [Int], read: @escaping @Sendable () throws -> Tensor
    ) throws {
        let isSmall = try Tensor.elementCount(of: shape) < ConstantTensor.deferredElementCount
        self = try isSmall ? .held(read()) : .deferred(DeferredTensor(name, dtype, shape, read: read))
    }

    /// Sizes by axis.
    public var shape: [Int] {
        switch self {
        case .held(let tensor): tensor.shape
        case .deferred(let tensor): tensor.shape
        }
    }

    /// Element type.
    public var dtype: DType {
        switch self {
        case .held(let tensor): tensor.dtype
        case .deferred(let tensor): tensor.dtype
        }
    }

    /// The number of elements.
    public var elementCount: Int {
        switch self {
        case .held(let tensor): tensor.elementCount
        case .deferred(let tensor): tensor.shape.reduce(1, *)
        }
    }

    /// Size of the elements in bytes.
    public var byteCount: Int { elementCount * dtype.byteCount }

    /// The elements. O(1) in memory, else O(bytes).
    ///
    /// - Throws: ``ConstantError`` for a deferred tensor that can't be read.
    public func tensor() throws(ConstantError) -> Tensor {
        switch self {
        case .held(let tensor): tensor
        case .deferred(let tensor): try tensor.tensor()
        }
    }
}

/// A failure to read the elements of a constant.
public struct ConstantError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The constant's name where it is read from.
    public let name: String
    /// The failure, with the file.
    public let reason: String

    /// An error for a constant.
    public init(name: String, reason: String) { (self.name, self.reason) = (name, reason) }

    /// The message, with the constant's name.
    public var description: String { "can't read the constant \(name): \(reason)" }
}
