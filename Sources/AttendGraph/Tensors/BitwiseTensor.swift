/// A tensor with bitwise equality: 0 differs from -0, and a NaN equals itself.
package struct BitwiseTensor: Sendable, Hashable {
    package let tensor: Tensor

    package init(_ tensor: Tensor) { self.tensor = tensor }

    package static func == (left: BitwiseTensor, right: BitwiseTensor) -> Bool {
        guard left.tensor.shape == right.tensor.shape else { return false }
        if case .float32(let mine) = left.tensor.storage, case .float32(let theirs) = right.tensor.storage {
            return mine.elementsEqual(theirs) { $0.bitPattern == $1.bitPattern }
        }
        return left.tensor.storage == right.tensor.storage
    }

    /// Hashes the shape and a sample of at most about 128 elements, so that large tensors hash fast.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(tensor.shape)
        let step = max(tensor.elementCount / 64, 1)
        for index in stride(from: 0, to: tensor.elementCount, by: step) {
            hasher.combine(tensor.storage.bits(at: index))
        }
    }
}
