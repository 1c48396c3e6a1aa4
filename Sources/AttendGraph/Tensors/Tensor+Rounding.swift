extension Tensor {
    /// The same numbers in a floating-point dtype, rounded to nearest even; NaN and infinities stay. O(elements); O(1)
    /// for the tensor's own dtype.
    ///
    /// - Throws: ``TensorError/overflow(dtype:value:indices:)`` for a finite number that rounds to infinity,
    ///   ``TensorError/dtype(expected:found:)`` if the tensor or `dtype` is not floating-point.
    public func rounded(to dtype: DType) throws(TensorError) -> Tensor {
        guard dtype.isFloatingPoint else { throw .dtype(expected: "a floating-point type", found: dtype) }
        guard dtype != self.dtype else { return self }
        let numbers = try floats()
        let storage: Storage =
            switch dtype {
            case .float16: .float16(numbers.map { NarrowFloat.float16($0) })
            case .bfloat16: .bfloat16(numbers.map { NarrowFloat.bfloat16($0) })
            case .float32, .int32, .int64, .bool: .float32(numbers)
            }
        if let place = Tensor.overflow(of: numbers, to: dtype) {
            throw .overflow(dtype: dtype, value: numbers[place], indices: indices(of: place))
        }
        return try Tensor(storage: storage, shape: shape)
    }

    /// The first finite number that rounds to infinity in `dtype`.
    private static func overflow(of numbers: [Float], to dtype: DType) -> Int? {
        guard dtype != .float32 else { return nil }
        let limit = Float(dtype.overflow)
        // The largest magnitude first: a loop without an exit is vectorized.
        var largest: Float = 0
        for number in numbers {
            let magnitude = number.magnitude
            largest = max(largest, magnitude < .infinity ? magnitude : 0)
        }
        guard largest >= limit else { return nil }
        return numbers.firstIndex { $0.isFinite && $0.magnitude >= limit }
    }

    /// The indices by axis of an element in row-major order. O(axes).
    package func indices(of place: Int) -> [Int] {
        var (rest, indices) = (place, [Int]())
        for size in shape.reversed() where size > 0 {
            indices.insert(rest % size, at: 0)
            rest /= size
        }
        return indices
    }
}
