extension Tensor {
    /// The elements as floats, in row-major order; 16-bit floats are widened exactly. O(elements); O(1) for float32.
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` for integers and bools.
    public func floats() throws(TensorError) -> [Float] {
        switch storage {
        case .float32(let values): return values
        case .float16(let bits): return bits.map(NarrowFloat.float(float16:))
        case .bfloat16(let bits): return bits.map(NarrowFloat.float(bfloat16:))
        case .int32, .int64, .bool:
            throw .dtype(expected: "a floating-point type", found: dtype)
        }
    }

    /// The floats as rows along the last axis, in row-major order; a scalar is one row of one element. O(elements).
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` for integers and bools.
    public func rows() throws(TensorError) -> [[Float]] {
        let (values, width) = (try floats(), shape.last ?? 1)
        guard width > 0 else { return Array(repeating: [], count: shape.dropLast().reduce(1, *)) }
        return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
    }

    /// The elements as integers, in row-major order; int32 is widened. O(elements); O(1) for int64.
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` for floats and bools.
    public func integers() throws(TensorError) -> [Int64] {
        switch storage {
        case .int32(let values): return values.map(Int64.init)
        case .int64(let values): return values
        case .float32, .float16, .bfloat16, .bool:
            throw .dtype(expected: "int32 or int64", found: dtype)
        }
    }

    /// The elements as bools, in row-major order. O(elements).
    ///
    /// - Throws: ``TensorError/dtype(expected:found:)`` for any other dtype.
    public func bools() throws(TensorError) -> [Bool] {
        guard case .bool(let values) = storage else {
            throw .dtype(expected: "bool", found: dtype)
        }
        return values.map { $0 != 0 }
    }

    /// The elements at these row-major indices, in that order, reshaped to `shape`, which must have as many elements.
    package func taking(_ places: [Int], shape: [Int]) -> Tensor {
        let taken: Storage =
            switch storage {
            case .float32(let values): .float32(places.map { values[$0] })
            case .float16(let bits): .float16(places.map { bits[$0] })
            case .bfloat16(let bits): .bfloat16(places.map { bits[$0] })
            case .int32(let values): .int32(places.map { values[$0] })
            case .int64(let values): .int64(places.map { values[$0] })
            case .bool(let values): .bool(places.map { values[$0] })
            }
        do throws(TensorError) {
            return try Tensor(storage: taken, shape: shape)
        } catch {
            preconditionFailure("expected one place for each element of the shape: \(error)")
        }
    }

    /// Calls `body` with the elements' bytes, in host byte order and row-major. O(1), without copying.
    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch storage {
        case .float32(let values): try unsafe body(values.span.bytes)
        case .float16(let values), .bfloat16(let values): try unsafe body(values.span.bytes)
        case .int32(let values): try unsafe body(values.span.bytes)
        case .int64(let values): try unsafe body(values.span.bytes)
        case .bool(let values): try unsafe body(values.span.bytes)
        }
    }

    /// Calls `body` with the elements' bytes for writing; a bool must be written as 0 or 1. O(1) if the storage is not
    /// shared, else O(elements).
    public mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withMutableBytes(body)
    }
}

extension Tensor.Storage {
    fileprivate mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let dtype = self.dtype
        // The array is moved out and back, so that it is uniquely referenced while written.
        switch self {
        case .float32(var values):
            self = .float32([])
            defer { self = .float32(values) }
            var elements = values.mutableSpan
            var bytes = unsafe elements.mutableBytes
            return try body(&bytes)
        case .float16(var values), .bfloat16(var values):
            self = .float16([])
            defer { self = dtype == .float16 ? .float16(values) : .bfloat16(values) }
            var elements = values.mutableSpan
            var bytes = unsafe elements.mutableBytes
            return try body(&bytes)
        case .int32(var values):
            self = .int32([])
            defer { self = .int32(values) }
            var elements = values.mutableSpan
            var bytes = unsafe elements.mutableBytes
            return try body(&bytes)
        case .int64(var values):
            self = .int64([])
            defer { self = .int64(values) }
            var elements = values.mutableSpan
            var bytes = unsafe elements.mutableBytes
            return try body(&bytes)
        case .bool(var values):
            self = .bool([])
            defer { self = .bool(values) }
            var elements = values.mutableSpan
            var bytes = unsafe elements.mutableBytes
            return try body(&bytes)
        }
    }
}

extension Tensor.Storage {
    /// The bit pattern of an element.
    func bits(at index: Int) -> UInt64 {
        switch self {
        case .float32(let values): UInt64(values[index].bitPattern)
        case .float16(let values), .bfloat16(let values): UInt64(values[index])
        case .int32(let values): UInt64(UInt32(bitPattern: values[index]))
        case .int64(let values): UInt64(bitPattern: values[index])
        case .bool(let values): UInt64(values[index])
        }
    }
}
