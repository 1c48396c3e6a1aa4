/// A dense, row-major array of numbers in host memory: the inputs and outputs of a session.
///
/// A tensor is a value. Its elements are in a typed Swift array, so that copies are cheap until written, and its bytes
/// can be borrowed without unsafe code.
public struct Tensor: Sendable, Hashable {
    /// The elements in row-major order, by type. The 16-bit floats are stored as bit patterns.
    public enum Storage: Sendable, Hashable {
        case float32([Float])
        case float16([UInt16])
        case bfloat16([UInt16])
        case int32([Int32])
        case int64([Int64])
        /// One byte per element, 0 or 1.
        case bool([UInt8])
    }

    /// Sizes by axis; `[]` for a scalar.
    public let shape: [Int]
    /// The elements in row-major order.
    public internal(set) var storage: Storage

    /// A tensor of these elements.
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements than the storage.
    public init(storage: Storage, shape: [Int]) throws(TensorError) {
        let expected = try Tensor.elementCount(of: shape)
        guard storage.count == expected else {
            throw .elementCount(shape: shape, expected: expected, found: storage.count)
        }
        self.shape = shape
        self.storage = storage
    }

    /// A float32 tensor of these elements, in row-major order.
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements.
    public init(_ values: [Float], shape: [Int]) throws(TensorError) {
        try self.init(storage: .float32(values), shape: shape)
    }

    /// An int32 tensor of these elements, in row-major order.
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements.
    public init(_ values: [Int32], shape: [Int]) throws(TensorError) {
        try self.init(storage: .int32(values), shape: shape)
    }

    /// An int64 tensor of these elements, in row-major order.
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements.
    public init(_ values: [Int64], shape: [Int]) throws(TensorError) {
        try self.init(storage: .int64(values), shape: shape)
    }

    /// A bool tensor of these elements, in row-major order. O(elements).
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements.
    public init(_ values: [Bool], shape: [Int]) throws(TensorError) {
        try self.init(storage: .bool(values.map { $0 ? 1 : 0 }), shape: shape)
    }

    /// A float32 scalar, of shape `[]`.
    public init(_ value: Float) {
        shape = []
        storage = .float32([value])
    }

    /// An int64 scalar, of shape `[]`.
    public init(_ value: Int) {
        shape = []
        storage = .int64([Int64(value)])
    }

    /// A tensor of zeros (or false). O(elements).
    ///
    /// - Throws: ``TensorError/badShape(_:)`` for a negative size or an overflowing product.
    public init(zeros shape: [Int], dtype: DType = .float32) throws(TensorError) {
        let count = try Tensor.elementCount(of: shape)
        try self.init(storage: Storage(zeros: count, dtype: dtype), shape: shape)
    }

    /// Element type.
    public var dtype: DType { storage.dtype }
    /// The number of elements: the product of the sizes.
    public var elementCount: Int { storage.count }

    /// The product of a shape's sizes; 1 for the shape of a scalar, `[]`.
    ///
    /// - Throws: ``TensorError/badShape(_:)`` for a negative size, or sizes other than 0 whose product overflows:
    ///   strides of an empty tensor are numbers too.
    public static func elementCount(of shape: [Int]) throws(TensorError) -> Int {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
            guard size >= 0, !overflow else { throw .badShape(shape) }
            count = product
        }
        return shape.contains(0) ? 0 : count
    }

    /// The same elements with another shape. O(1).
    ///
    /// - Throws: ``TensorError`` for an invalid shape, or one with another number of elements.
    public func reshaped(_ shape: [Int]) throws(TensorError) -> Tensor {
        try Tensor(storage: storage, shape: shape)
    }
}

extension Tensor.Storage {
    /// `count` zeros (or false). O(count).
    public init(zeros count: Int, dtype: DType) {
        switch dtype {
        case .float32: self = .float32(Array(repeating: 0, count: count))
        case .float16: self = .float16(Array(repeating: 0, count: count))
        case .bfloat16: self = .bfloat16(Array(repeating: 0, count: count))
        case .int32: self = .int32(Array(repeating: 0, count: count))
        case .int64: self = .int64(Array(repeating: 0, count: count))
        case .bool: self = .bool(Array(repeating: 0, count: count))
        }
    }

    /// Element type.
    public var dtype: DType {
        switch self {
        case .float32: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .int32: .int32
        case .int64: .int64
        case .bool: .bool
        }
    }

    /// The number of elements.
    public var count: Int {
        switch self {
        case .float32(let values): values.count
        case .float16(let values), .bfloat16(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .bool(let values): values.count
        }
    }
}
