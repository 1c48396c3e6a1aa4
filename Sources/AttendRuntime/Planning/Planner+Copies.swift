import AttendBackend
import AttendGraph

/// Copies between backends: each value is in the memory of one backend; a copy for another is a step of the plan.
extension Planner {
    struct Move: Hashable {
        var memory: Memory
        var backendIndex: Int
    }

    /// A backend's name.
    func named(_ backendIndex: Int) -> String { backends[backendIndex].device.backend }

    /// The backend that owns the memory.
    func backendIndex(_ memory: Memory) -> Int {
        switch memory {
        case .input(_, let backendIndex): backendIndex
        case .constant(let placed): placed.backendIndex
        case .state: 0
        case .temporary(let id): temporaries[id].backendIndex
        }
    }

    /// The value in the memory of another backend. The memory behind a view is copied whole and once, which needs no
    /// kernel. Inputs and constants are copied from the host instead.
    mutating func moved(_ value: Planned, to backendIndex: Int, _ site: Site) -> Planned {
        let source = self.backendIndex(value.memory)
        guard source != backendIndex else { return value }
        var moved = value
        switch value.memory {
        case .input(let index, _): moved.memory = .input(index, backendIndex: backendIndex)
        case .constant(var placed):
            placed.backendIndex = backendIndex
            moved.memory = .constant(placed)
        case .state, .temporary:
            let key = Move(memory: value.memory, backendIndex: backendIndex)
            if let known = moves[key] {
                moved.memory = known
            } else {
                moved.memory = move(value, from: source, to: backendIndex, site)
                note(key, moved.memory)
            }
        }
        return moved
    }

    private mutating func move(_ value: Planned, from source: Int, to backendIndex: Int, _ site: Site) -> Memory {
        temporaries.append(
            Temporary(
                byteCount: value.memoryCount * backends[backendIndex].storageByteCount(of: value.dtype),
                backendIndex: backendIndex))
        let result = Memory.temporary(temporaries.count - 1)
        let kernel = MoveKernel(source: source, dtype: value.dtype, count: value.memoryCount)
        let placement = Plan.Placement(
            node: site.path, operation: "copy", backend: named(backendIndex), kernel: kernel.name,
            reason: "its value is on \(named(source))", cost: kernel.cost, source: named(source))
        steps.append(
            Step(
                kernelStep: KernelStep(
                    placement: placement, kernel: kernel, request: nil, backendIndex: backendIndex,
                    inputs: [value.memory], outputs: [result]),
                isCopy: true, node: node, overwritable: []))
        return result
    }

    // MARK: Dense values

    /// The `reason` of a copy that makes a value dense.
    func copyReason(_ backendIndex: Int) -> String {
        backendIndex == 0 ? "a dense copy" : "its value is on \(named(backendIndex)); a dense copy"
    }

    /// The value with its elements in row-major order from the start of its memory, on this backend.
    mutating func dense(_ value: Planned, at backendIndex: Int, _ site: Site) throws(PlanError) -> Planned {
        try moved(denseAnywhere(value, prefers: backendIndex, site), to: backendIndex, site)
    }

    /// Makes the value dense on its own backend, else on `preferred`, else on any.
    ///
    /// - Throws: ``PlanError`` of the first backend that was tried.
    mutating func denseAnywhere(
        _ value: Planned, prefers preferred: Int? = nil, _ site: Site
    ) throws(PlanError) -> Planned {
        if value.layout.isDense { return value }
        guard backends.count > 1 else { return try denseInPlace(value, site) }
        var backendIndices = [backendIndex(value.memory), preferred].compactMap(\.self)
        // The host copies inputs and constants to any backend.
        switch value.memory {
        case .input, .constant: backendIndices.reverse()
        case .state, .temporary: break
        }
        backendIndices += backends.indices
        var first: PlanError?
        for (index, backendIndex) in backendIndices.enumerated()
        where backendIndices.firstIndex(of: backendIndex) == index {
            let mark = mark
            do throws(PlanError) {
                return try denseInPlace(moved(value, to: backendIndex, site), site)
            } catch {
                first = first ?? error
                undo(to: mark)
            }
        }
        guard let first else { preconditionFailure("there is at least one backend") }
        throw first
    }
}

/// A copy between two backends through host memory.
struct MoveKernel: Kernel {
    let source: Int
    let dtype: DType
    let count: Int

    var name: String { "copy of \(count) \(dtype)" }
    var cost: KernelCost { KernelCost(flops: 0, bytes: Double(count * dtype.byteCount)) }

    /// Copies within one stream; between two see ``instance(from:to:)``.
    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        instance(from: stream, to: stream)
    }

    func instance(from source: any ComputeStream, to destination: any ComputeStream) -> any KernelInstance {
        Instance(kernel: self, source: source, destination: destination)
    }

    private final class Instance: KernelInstance {
        private let kernel: MoveKernel
        private let source: any ComputeStream
        private let destination: any ComputeStream

        init(kernel: MoveKernel, source: any ComputeStream, destination: any ComputeStream) {
            self.kernel = kernel
            self.source = source
            self.destination = destination
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            guard let from = inputs[0], let to = outputs[0] else {
                preconditionFailure("a planned copy has an input and an output")
            }
            try destination.copyIn(source.copyOut(from, dtype: kernel.dtype, shape: [kernel.count]), to: to)
        }
    }
}
