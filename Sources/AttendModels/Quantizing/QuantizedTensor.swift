public import AttendRuntime

/// A weight of a ``WeightSource``: numbers, or a quantized matrix.
public enum StoredWeight {
    /// Floating-point numbers.
    case plain(ConstantTensor)
    /// A quantized matrix.
    case quantized(QuantizedTensor)
}

/// A quantized matrix `[rows, columns]` in memory or in files: `scale · q + offset`.
public struct QuantizedTensor: Sendable {
    /// int32 `[rows, columns · bits / 32]`: words of `32 / bits` integers, the first in the lowest bits.
    public var words: ConstantTensor
    /// `[rows, columns / group]`.
    public var scales: ConstantTensor
    /// `[rows, columns / group]`.
    public var offsets: ConstantTensor
    /// Bits and group.
    public var form: QuantizedForm

    /// A matrix of these parts.
    public init(words: ConstantTensor, scales: ConstantTensor, offsets: ConstantTensor, form: QuantizedForm) {
        (self.words, self.scales, self.offsets, self.form) = (words, scales, offsets, form)
    }

    /// The matrix as float32: one fused multiply-add for each number. O(elements).
    ///
    /// - Throws: ``ConstantError`` for parts that can't be read; ``TensorError``.
    public func floats() throws -> Tensor {
        let (words, scales, offsets) = (
            try words.tensor().int32s(), try scales.tensor().floats(), try offsets.tensor().floats()
        )
        let (rows, width) = (self.words.shape[0], self.words.shape[1] * 32 / form.bits)
        let (perWord, mask) = (32 / form.bits, UInt32(1) << UInt32(form.bits) - 1)
        var floats = [Float](repeating: 0, count: rows * width)
        for index in floats.indices {
            let integer = UInt32(bitPattern: words[index / perWord]) >> UInt32(index % perWord * form.bits) & mask
            floats[index] = offsets[index / form.group].addingProduct(scales[index / form.group], Float(integer))
        }
        return try Tensor(floats, shape: [rows, width])
    }
}

extension Tensor {
    /// The elements of an int32 tensor.
    func int32s() throws(TensorError) -> [Int32] {
        guard case .int32(let values) = storage else { throw .dtype(expected: "int32", found: dtype) }
        return values
    }
}
