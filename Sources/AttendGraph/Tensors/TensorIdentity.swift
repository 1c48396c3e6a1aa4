/// Identity of a tensor's elements in memory: two tensors are identical if they are unmodified copies of each other.
///
/// Compared in O(1), where comparing elements would take O(elements). It keeps the elements alive.
package struct TensorIdentity: Sendable, Hashable {
    package let tensor: Tensor

    package init(_ tensor: Tensor) { self.tensor = tensor }

    package static func == (left: TensorIdentity, right: TensorIdentity) -> Bool {
        left.tensor.shape == right.tensor.shape && left.tensor.dtype == right.tensor.dtype
            && left.address == right.address
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(tensor.shape)
        hasher.combine(address)
    }

    /// Address of the first element; compared, never read.
    private var address: UInt {
        func start<Element>(_ elements: [Element]) -> UInt {
            unsafe elements.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        return switch tensor.storage {
        case .float32(let elements): start(elements)
        case .float16(let elements), .bfloat16(let elements): start(elements)
        case .int32(let elements): start(elements)
        case .int64(let elements): start(elements)
        case .bool(let elements): start(elements)
        }
    }
}
