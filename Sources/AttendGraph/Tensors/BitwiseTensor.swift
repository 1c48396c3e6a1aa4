/// A tensor that is equal to another when every bit is: 0 is not -0, and a NaN is itself.
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

    /// Of the shape and some of the elements: equal bits have equal hashes, and large tensors don't take long.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(tensor.shape)
        let step = max(tensor.elementCount / 64, 1)
        for index in stride(from: 0, to: tensor.elementCount, by: step) {
            hasher.combine(tensor.storage.bits(at: index))
        }
    }
}
