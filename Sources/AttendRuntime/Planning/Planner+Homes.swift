import AttendBackend
import AttendGraph

/// Values lie in the memory of one backend, their home; whoever needs them elsewhere gets a copy, which is a step of the plan.
extension Planner {
    struct Move: Hashable {
        var memory: Memory
        var home: Int
    }

    /// A backend's name.
    func named(_ home: Int) -> String { backends[home].device.backend }

    /// Whose memory it is.
    func home(_ memory: Memory) -> Int {
        switch memory {
        case .input(_, let home): home
        case .constant(let place): place.home
        case .state: 0
        case .temporary(let id): temporaries[id].home
        }
    }

    /// The value in the memory of another backend: what it is a view of is copied whole, once for all who need it, so that no
    /// kernel is needed for that. Inputs and constants the host gives to whoever wants them.
    mutating func moved(_ value: Planned, to home: Int, _ site: Site) -> Planned {
        let source = self.home(value.memory)
        guard source != home else { return value }
        var moved = value
        switch value.memory {
        case .input(let index, _): moved.memory = .input(index, home: home)
        case .constant(var place):
            place.home = home
            moved.memory = .constant(place)
        case .state, .temporary:
            let key = Move(memory: value.memory, home: home)
            if let known = moves[key] {
                moved.memory = known
            } else {
                moved.memory = move(value, from: source, to: home, site)
                note(key, moved.memory)
            }
        }
        return moved
    }

    private mutating func move(_ value: Planned, from source: Int, to home: Int, _ site: Site) -> Memory {
        temporaries.append(
            Temporary(
                byteCount: value.memoryCount * backends[home].storageByteCount(of: value.dtype), home: home))
        let result = Memory.temporary(temporaries.count - 1)
        let kernel = MoveKernel(source: source, dtype: value.dtype, count: value.memoryCount)
        let place = Plan.Placement(
            node: site.path, operation: "copy", backend: named(home), kernel: kernel.name,
            reason: "its value lies on \(named(source))", cost: kernel.cost, source: named(source))
        steps.append(
            Step(
                place: place, kernel: kernel, request: nil, home: home, isCopy: true, node: node,
                inputs: [value.memory],
                outputs: [result],
                overwritable: []))
        return result
    }

    // MARK: Dense values

    /// What a step is for that brings a value's elements in order, and why it is there.
    func copyReason(_ home: Int) -> String {
        home == 0 ? "a dense copy" : "its value lies on \(named(home)); a dense copy"
    }

    /// The value with its elements in row-major order from the start of its memory, at this home.
    mutating func dense(_ value: Planned, at home: Int, _ site: Site) throws(PlanError) -> Planned {
        try moved(denseAnywhere(value, prefers: home, site), to: home, site)
    }

    /// The same wherever a backend can bring it about: where it lies, or where it is wanted, or on any.
    ///
    /// - Throws: ``PlanError`` for the first that was tried.
    mutating func denseAnywhere(
        _ value: Planned, prefers preferred: Int? = nil, _ site: Site
    ) throws(PlanError) -> Planned {
        if value.layout.isDense { return value }
        guard backends.count > 1 else { return try denseAtHome(value, site) }
        var homes = [home(value.memory), preferred].compactMap(\.self)
        // What the host gives to anyone lies where it is wanted.
        switch value.memory {
        case .input, .constant: homes.reverse()
        case .state, .temporary: break
        }
        homes += backends.indices
        var first: PlanError?
        for (index, home) in homes.enumerated() where homes.firstIndex(of: home) == index {
            let mark = mark
            do throws(PlanError) {
                return try denseAtHome(moved(value, to: home, site), site)
            } catch {
                first = first ?? error
                undo(to: mark)
            }
        }
        guard let first else { preconditionFailure("there is a backend, and it was tried") }
        throw first
    }
}

/// A copy between two backends by way of the host, which both know how to reach.
struct MoveKernel: Kernel {
    let source: Int
    let dtype: DType
    let count: Int

    var name: String { "copy of \(count) \(dtype)" }
    var cost: KernelCost { KernelCost(flops: 0, bytes: Double(count * dtype.byteCount)) }

    /// It needs both streams: see ``instance(from:to:)``.
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
            guard let from = inputs[0], let to = outputs[0] else { preconditionFailure("a planned copy has both ends") }
            try destination.copyIn(source.copyOut(from, dtype: kernel.dtype, shape: [kernel.count]), to: to)
        }
    }
}
