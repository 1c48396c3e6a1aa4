extension Tensor {
    /// The elements of floating-point tensors one after another, in their own dtype.
    struct Joined {
        private var storage: Storage

        /// - Parameters:
        ///   - dtype: The floating-point dtype of all parts.
        ///   - capacity: The number of elements to come.
        init(dtype: DType, capacity: Int) {
            func empty<Element>() -> [Element] {
                var elements: [Element] = []
                elements.reserveCapacity(capacity)
                return elements
            }
            switch dtype {
            case .float16: storage = .float16(empty())
            case .bfloat16: storage = .bfloat16(empty())
            case .float32, .int32, .int64, .bool: storage = .float32(empty())
            }
        }

        /// Appends the elements of a tensor. O(elements).
        ///
        /// - Throws: ``TensorError/dtype(expected:found:)`` for another dtype.
        mutating func append(_ part: Tensor) throws(TensorError) {
            // The array is moved out and back, so that it is uniquely referenced while it grows.
            switch (storage, part.storage) {
            case (.float32(var mine), .float32(let more)):
                storage = .float32([])
                mine += more
                storage = .float32(mine)
            case (.float16(var mine), .float16(let more)):
                storage = .float16([])
                mine += more
                storage = .float16(mine)
            case (.bfloat16(var mine), .bfloat16(let more)):
                storage = .bfloat16([])
                mine += more
                storage = .bfloat16(mine)
            default: throw .dtype(expected: storage.dtype.rawValue, found: part.dtype)
            }
        }

        /// - Throws: ``TensorError/elementCount(shape:expected:found:)`` for a shape of another number of elements.
        func tensor(shape: [Int]) throws(TensorError) -> Tensor { try Tensor(storage: storage, shape: shape) }
    }
}
