package import AttendRuntime

/// A kernel on guarded memory, whose outputs are poisoned before every run.
struct GuardedKernel: Kernel {
    let base: any Kernel
    let request: KernelRequest
    let backend: GuardedBackend

    var name: String { base.name }
    var cost: KernelCost { base.cost }
    var stridedInputs: Set<Int> { base.stridedInputs }
    var overwritableInputs: Set<Int> { base.overwritableInputs }
    func packing(ofInput index: Int) -> String? { base.packing(ofInput: index) }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        guard let stream = stream as? GuardedStream else {
            preconditionFailure("a guarded kernel runs on a guarded stream")
        }
        backend.announce("\(name), being instantiated")
        let instance = try backend.call("instantiating the kernel \"\(name)\"") { () throws(BackendError) in
            try base.makeInstance(on: stream.base)
        }
        return Instance(self, stream, instance)
    }

    private final class Instance: KernelInstance {
        private let kernel: GuardedKernel
        private let stream: GuardedStream
        private let base: any KernelInstance
        private var runs = 0

        init(_ kernel: GuardedKernel, _ stream: GuardedStream, _ base: any KernelInstance) {
            self.kernel = kernel
            self.stream = stream
            self.base = base
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            for (slice, operand) in zip(outputs, kernel.request.outputs) {
                guard let slice, let operand, operand.elementCount > 0 else { continue }
                kernel.backend.noteResult(in: slice, of: kernel.name)
                // A kernel that works in place still has to read the operand.
                guard !inputs.contains(where: { $0?.buffer === slice.buffer }) else { continue }
                try stream.poison(slice, operand, runs % 2 == 0 ? .nans : .numbers)
            }
            runs += 1
            kernel.backend.announce(kernel.name)
            try kernel.backend.call("the kernel \"\(kernel.name)\"") { () throws(BackendError) in
                try base.run(inputs: inputs.map { $0?.unguarded }, outputs: outputs.map { $0?.unguarded })
            }
        }
    }
}

/// Copies between the host and guarded memory.
final class GuardedStream: ComputeStream {
    let base: any ComputeStream
    private let backend: GuardedBackend

    init(_ backend: GuardedBackend, _ base: any ComputeStream) {
        self.backend = backend
        self.base = base
    }

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        backend.noteCopy(of: tensor, to: destination)
        try backend.call("copying in") { () throws(BackendError) in
            try base.copyIn(tensor, to: destination.unguarded)
        }
    }

    /// Fills an output with garbage of its type, which can't pass as a result.
    func poison(_ slice: BufferSlice, _ operand: Operand, _ kind: Guard.Words) throws(BackendError) {
        let garbage = Guard.garbage(operand.dtype, [operand.elementCount], kind)
        try backend.call("copying in") { () throws(BackendError) in try base.copyIn(garbage, to: slice.unguarded) }
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        try backend.call("copying out") { () throws(BackendError) in
            try base.copyOut(source.unguarded, dtype: dtype, shape: shape)
        }
    }

    func synchronize() throws(BackendError) {
        try backend.call("synchronizing") { () throws(BackendError) in try base.synchronize() }
    }
}

extension Tensor {
    /// Whether all bits are equal: 0 differs from −0, and NaNs are equal to themselves.
    func hasSameBits(as other: Tensor) -> Bool { firstDifferentBit(from: other) == nil }

    /// Whether all bits are equal, except that all NaNs are equal: a backend may store narrow floats in a wider type,
    /// which does not keep NaN payloads.
    func hasSameNumbers(as other: Tensor) -> Bool {
        if hasSameBits(as: other) { return true }
        guard dtype == other.dtype, shape == other.shape, let mine = try? floats(), let theirs = try? other.floats()
        else {
            return false
        }
        return zip(mine, theirs).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
    }

    /// The position of the first element whose bits differ; 0 for another type.
    package func firstDifferentBit(from other: Tensor) -> Int? {
        guard dtype == other.dtype, shape == other.shape else { return 0 }
        if case .float32(let mine) = storage, case .float32(let theirs) = other.storage {
            return mine.indices.first { mine[$0].bitPattern != theirs[$0].bitPattern }
        }
        guard storage != other.storage else { return nil }
        let (mine, theirs) = (ExpectedTensor.numbers(self), ExpectedTensor.numbers(other))
        return mine.indices.first { mine[$0] != theirs[$0] }
    }
}
