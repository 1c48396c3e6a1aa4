/// Identity of a constant's elements: two in memory are identical if they are unmodified copies of each other, two
/// deferred ones if they are equal.
///
/// Compared in O(1), where comparing elements would take O(elements). It keeps elements in memory alive.
package struct TensorIdentity: Sendable, Hashable {
    package let content: ConstantTensor

    package init(_ content: ConstantTensor) { self.content = content }

    package static func == (left: TensorIdentity, right: TensorIdentity) -> Bool {
        switch (left.content, right.content) {
        case (.held(let mine), .held(let theirs)):
            mine.shape == theirs.shape && mine.dtype == theirs.dtype && address(of: mine) == address(of: theirs)
        case (.deferred(let mine), .deferred(let theirs)): mine == theirs
        case (.held, .deferred), (.deferred, .held): false
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(content.shape)
        switch content {
        case .held(let tensor): hasher.combine(TensorIdentity.address(of: tensor))
        case .deferred(let tensor): hasher.combine(tensor)
        }
    }

    /// Address of the first element; compared, never read.
    private static func address(of tensor: Tensor) -> UInt {
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
