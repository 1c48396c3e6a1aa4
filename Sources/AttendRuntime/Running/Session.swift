public import AttendBackend
public import AttendGraph

/// One user of a ``Program``: its streams, one on each backend, its working memory and its states.
///
/// A session belongs to one task at a time. Between nodes values stay on the device; working
/// memory and states are kept from run to run.
public final class Session {
    public let program: Program
    /// Given values of symbols that no input shows; ``grow(_:)`` changes them.
    public internal(set) var symbols: [String: Int]
    /// Looks on during runs; nil for none.
    public var observer: (any RunObserver)?
    let streams: [any ComputeStream]
    var states: [BufferSlice] = []
    var stateTypes: [TensorType] = []
    /// All symbols of the first plan, which tell what states are made of.
    var stateSymbols: [String: Int] = [:]
    private var bindings: [ObjectIdentifier: PlanBinding] = [:]
    private var bindingOrder: [ObjectIdentifier] = []
    /// Set when a run failed on the device in a way that may have left states half written.
    private var failure: BackendError?

    /// Plans whose working memory a session keeps at the same time.
    private static let bindingLimit = 4

    init(_ program: Program, streams: [any ComputeStream], symbols: [String: Int]) {
        self.program = program
        self.streams = streams
        self.symbols = symbols
    }

    /// Runs the graph: every input by name, every output by name.
    ///
    /// - Parameter names: Values inside of the graph that are wanted as well, under these names; see
    ///   ``Graph/capturing(_:)``. Only the nodes that hold one run in parts.
    /// - Throws: ``RunError`` for inputs that don't fit, a capture that is not there, an operation that the backend can't run,
    ///   or a failure of the device. States are as they were before the run then.
    public func run(_ inputs: [String: Tensor], capture names: [String] = []) throws(RunError) -> [String: Tensor] {
        if let failure { throw .backend(failure, node: nil) }
        let program = try program.capturing(names)
        let plan = try plan(for: inputs, of: program)
        let binding = try binding(for: plan, of: program)
        do {
            try binding.copyIn(inputs, streams)
            if let observer { try binding.run(observer, streams) } else { try binding.run() }
            var results: [String: Tensor] = [:]
            for output in plan.outputs {
                let source = binding.slice(output.storage, states)
                try requireRoom(for: output)
                results[output.name] = try streams[output.backendIndex].copyOut(
                    source, dtype: output.dtype, shape: output.shape)
            }
            for stream in streams { try stream.synchronize() }
            exchangeStates(plan, binding)
            return results
        } catch let error as RunError {
            throw remember(error)
        } catch let error as BackendError {
            throw remember(.backend(error, node: binding.node(of: error)))
        } catch {
            preconditionFailure("running throws nothing else: \(error)")
        }
    }

    /// The plan that these inputs lead to.
    public func plan(for inputs: [String: Tensor], capture names: [String] = []) throws(RunError) -> Plan {
        try plan(for: inputs, of: program.capturing(names))
    }

    private func plan(for inputs: [String: Tensor], of program: Program) throws(RunError) -> Plan {
        do {
            let shapes = inputs.mapValues { (dtype: $0.dtype, shape: $0.shape) }
            return try program.plan(symbols: program.graph.bindSymbols(shapes, given: symbols))
        } catch let error as GraphError {
            throw .graph(error)
        } catch let error as PlanError {
            throw .plan(error)
        } catch {
            preconditionFailure("planning throws nothing else: \(error)")
        }
    }

    private func remember(_ error: RunError) -> RunError {
        if case .backend(let cause, _) = error, case .deviceLost = cause { failure = cause }
        return error
    }

    // MARK: Memory

    private func binding(for plan: Plan, of program: Program) throws(RunError) -> PlanBinding {
        let key = ObjectIdentifier(plan)
        if let known = bindings[key] { return known }
        try checkStates(of: plan)
        try checkRoom(for: plan)
        do throws(BackendError) {
            try makeStates(for: plan)
        } catch {
            throw .backend(error, node: nil)
        }
        let binding = try PlanBinding(plan, program, streams, states)
        if bindingOrder.count >= Session.bindingLimit { bindings[bindingOrder.removeFirst()] = nil }
        bindings[key] = binding
        bindingOrder.append(key)
        return binding
    }

    /// A state keeps the sizes that it was made with.
    private func checkStates(of plan: Plan) throws(RunError) {
        let types = plan.graph.states.map { plan.graph.type(of: $0.value) }
        if stateTypes.isEmpty { stateTypes = types }
        for (state, (found, expected)) in zip(plan.graph.states, zip(types, stateTypes)) where found != expected {
            throw .graph(
                .type(name: state.name, expected: "a state of type \(expected), as in earlier runs", found: "\(found)"))
        }
    }

    /// A plan that can't fit says so before it takes memory.
    private func checkRoom(for plan: Plan) throws(RunError) {
        for (backendIndex, backend) in program.backends.enumerated() {
            guard let room = backend.device.memoryByteCount else { continue }
            let needed = plan.memory(at: backendIndex)
            guard needed.byteCount > room else { continue }
            throw .plan(.tooLarge(backend: backend.device.backend, needed: needed, byteCount: room))
        }
    }

    /// Throws where the host lacks memory for an output: Swift's arrays abort on a failed allocation.
    private func requireRoom(for output: Plan.Output) throws(BackendError) {
        let byteCount = output.shape.reduce(1, *) * output.dtype.byteCount
        guard HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: "the host, for the output \"\(output.name)\"", byteCount: byteCount)
        }
    }

    /// Plans of other sizes than the states have now are of no more use.
    func forgetBindings() {
        bindings = [:]
        bindingOrder = []
    }

    /// States begin as zeros.
    private func makeStates(for plan: Plan) throws(BackendError) {
        guard states.isEmpty, !plan.graph.states.isEmpty else { return }
        stateSymbols = plan.symbols
        var made: [BufferSlice] = []
        for state in plan.graph.states {
            made.append(try makeState(plan.graph.type(of: state.value)))
        }
        states = made
    }

    /// Memory of this type, holding zeros.
    func makeState(_ type: TensorType) throws(BackendError) -> BufferSlice {
        let (shape, backend) = (type.concreteShape ?? [], program.backend)
        let count = (try? Tensor.elementCount(of: shape)) ?? .max
        let (byteCount, isTooLarge) = count.multipliedReportingOverflow(by: backend.storageByteCount(of: type.dtype))
        guard !isTooLarge else { throw .outOfMemory(backend: backend.device.backend, byteCount: .max) }
        // The buffer first: where the device has no room, neither has the host for its zeros.
        let buffer = try backend.makeBuffer(byteCount: byteCount)
        guard HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: backend.device.backend, byteCount: byteCount)
        }
        guard let zeros = try? Tensor(zeros: shape, dtype: type.dtype) else {
            preconditionFailure("a planned state has a shape: \(type)")
        }
        try streams[0].copyIn(zeros, to: BufferSlice(buffer))
        return BufferSlice(buffer)
    }

    /// A state takes over the memory of its new value and leaves its own for the next one.
    private func exchangeStates(_ plan: Plan, _ binding: PlanBinding) {
        guard !plan.stateUpdates.isEmpty else { return }
        for update in plan.stateUpdates {
            let old = states[update.state]
            states[update.state] = binding.slots[update.slot]
            binding.slots[update.slot] = old
        }
        for binding in bindings.values { binding.resolve(states) }
    }
}

/// Why a run failed.
@nonexhaustive
public enum RunError: Error, Sendable, Hashable {
    case graph(GraphError)
    case plan(PlanError)
    /// `node` is the node whose kernel failed, where that is known.
    case backend(BackendError, node: String?)
}

extension RunError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .graph(let error): error.description
        case .plan(let error): error.description
        case .backend(let error, let node): node.map { "node \"\($0)\": \(error)" } ?? error.description
        }
    }
}
