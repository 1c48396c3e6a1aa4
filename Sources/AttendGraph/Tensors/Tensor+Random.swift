extension Tensor {
    /// Float32 numbers drawn uniformly from `range`: equal for equal seeds, on every machine. O(elements).
    ///
    /// - Throws: ``TensorError/badShape(_:)`` for a negative size or an overflowing product.
    public init(uniform shape: [Int], in range: ClosedRange<Float> = 0...1, seed: Int) throws(TensorError) {
        let count = try Tensor.elementCount(of: shape)
        let width = range.upperBound - range.lowerBound
        var values: [Float] = []
        values.reserveCapacity(count)
        for block in 0..<((count + 3) / 4) {
            let numbers = Philox.uniforms(block, counter: 0, seed: seed)
            for lane in 0..<min(4, count - block * 4) { values.append(range.lowerBound + width * numbers[lane]) }
        }
        try self.init(values, shape: shape)
    }
}
