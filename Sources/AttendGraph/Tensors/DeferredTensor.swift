/// A tensor that is read on demand: dtype and shape are known, and the elements are not kept in memory.
///
/// Equal to itself only, or, for tensors joined from others, to those joined from the same ones.
public final class DeferredTensor: Sendable, Hashable {
    /// The name of the tensor where it is read from, for errors.
    public let name: String
    /// Element type.
    public let dtype: DType
    /// Sizes by axis.
    public let shape: [Int]
    private let source: Source

    private enum Source: Sendable {
        case reader(@Sendable () throws -> Tensor)
        /// Tensors of the same dtype and row width, joined along the first axis.
        case joined([ConstantTensor])
    }

    /// A tensor that `read` reads, each time to the same elements. `read` may be called from any thread.
    ///
    /// - Throws: ``TensorError/badShape(_:)``.
    public init(
        _ name: String, _ dtype: DType, _ shape: [Int], read: @escaping @Sendable () throws -> Tensor
    ) throws(TensorError) {
        _ = try Tensor.elementCount(of: shape)
        (self.name, self.dtype, self.shape, source) = (name, dtype, shape, .reader(read))
    }

    /// Tensors of one floating-point dtype joined along their first axis; they have the same sizes in the others.
    init(joining parts: [ConstantTensor]) {
        precondition(
            !parts.isEmpty && parts[0].dtype.isFloatingPoint
                && parts.allSatisfy {
                    $0.dtype == parts[0].dtype && $0.shape.dropFirst() == parts[0].shape.dropFirst()
                })
        name = "joined from \(parts.count)"
        dtype = parts[0].dtype
        shape = [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst()
        source = .joined(parts)
    }

    /// Reads the elements. O(bytes).
    ///
    /// - Throws: ``ConstantError`` if reading fails, or gives another dtype or shape.
    public func tensor() throws(ConstantError) -> Tensor {
        do {
            let tensor: Tensor
            switch source {
            case .reader(let read): tensor = try read()
            case .joined(let parts):
                // Written into place one after another, so that one part at a time is in memory beside the whole.
                var whole = Tensor.Joined(dtype: dtype, capacity: shape.reduce(1, *))
                for part in parts { try whole.append(part.tensor()) }
                tensor = try whole.tensor(shape: shape)
            }
            guard tensor.dtype == dtype, tensor.shape == shape else {
                let (expected, found) = ("\(dtype)\(shape)", "\(tensor.dtype)\(tensor.shape)")
                throw ConstantError(name: name, reason: "expected \(expected), found \(found)")
            }
            return tensor
        } catch let error as ConstantError {
            throw error
        } catch {
            throw ConstantError(name: name, reason: "\(error)")
        }
    }

    /// Whether both are the same object, or are joined from equal parts.
    public static func == (left: DeferredTensor, right: DeferredTensor) -> Bool {
        if left === right { return true }
        guard case .joined(let mine) = left.source, case .joined(let theirs) = right.source else { return false }
        return mine.map(TensorIdentity.init) == theirs.map(TensorIdentity.init)
    }

    /// Hashes what ``==(_:_:)`` compares.
    public func hash(into hasher: inout Hasher) {
        switch source {
        case .reader: hasher.combine(ObjectIdentifier(self))
        case .joined(let parts): hasher.combine(parts.map(TensorIdentity.init))
        }
    }
}
