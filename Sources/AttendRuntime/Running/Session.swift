public import AttendBackend
public import AttendGraph

/// The mutable side of a ``Program``: one stream per backend, working memory and states.
///
/// Not thread-safe: one task at a time. Values stay on the device between nodes; working memory and states persist
/// between runs.
public final class Session {
    /// The program that the session runs.
    public let program: Program
    /// Given values of symbols that no input determines; changed by ``grow(_:)``.
    public internal(set) var symbols: [String: Int]
    /// Called around each kernel of a run; nil for none.
    public var observer: (any RunObserver)?
    let streams: [any ComputeStream]
    var states: [BufferSlice] = []
    /// Values of states that are set before the first run.
    var initialStates: [String: Tensor] = [:]
    var stateTypes: [TensorType] = []
    /// All symbols of the first plan, which determine the state sizes.
    var stateSymbols: [String: Int] = [:]
    private var bindings: [ObjectIdentifier: PlanBinding] = [:]
    private var bindingOrder: [ObjectIdentifier] = []
    /// Set when a failure may have left states half written; later runs rethrow it.
    var failure: BackendError?

    /// Number of plans whose working memory a session keeps.
    private static let bindingLimit = 4

    init(_ program: Program, streams: [any ComputeStream], symbols: [String: Int]) {
        self.program = program
        self.streams = streams
        self.symbols = symbols
    }

    /// Runs the graph and updates the states.
    ///
    /// - Parameters:
    ///   - inputs: All inputs by name.
    ///   - names: Names of internal values to return as well; see ``Graph/capturing(_:)``. Only composites that contain
    ///     a captured value are opened.
    /// - Returns: All outputs by name, and the captured values.
    /// - Throws: ``RunError`` for inputs that don't fit, an unknown capture, an unsupported operation, or a device
    ///   failure. States are then as before the run, except after ``BackendError/deviceLost(backend:reason:)``, which
    ///   makes the session unusable, and where states are updated in place (see ``StateMemory/inPlace``).
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
            throw remember(error, plan)
        } catch let error as BackendError {
            throw remember(.backend(error, node: binding.node(of: error)), plan)
        } catch {
            preconditionFailure("unexpected error while running: \(error)")
        }
    }

    /// The plan for the shapes of these inputs, made at the first call.
    ///
    /// - Throws: ``RunError`` for inputs that don't fit, an unknown capture, or an unsupported operation.
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
            preconditionFailure("unexpected error while planning: \(error)")
        }
    }

    private func remember(_ error: RunError, _ plan: Plan) -> RunError {
        guard case .backend(let cause, _) = error else { return error }
        if case .deviceLost = cause { failure = cause } else if plan.hasUpdatesInPlace { failure = cause }
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

    /// Throws if a plan changes the size of an existing state.
    private func checkStates(of plan: Plan) throws(RunError) {
        let types = plan.graph.states.map { plan.graph.type(of: $0.value) }
        if stateTypes.isEmpty {
            for (state, type) in zip(plan.graph.states, types) {
                if let tensor = initialStates[state.name] { try requireType(type, of: tensor, for: state.name) }
            }
            stateTypes = types
        }
        for (state, (found, expected)) in zip(plan.graph.states, zip(types, stateTypes)) where found != expected {
            throw .graph(
                .type(name: state.name, expected: "a state of type \(expected), as in earlier runs", found: "\(found)"))
        }
    }

    /// Throws if the plan can't fit in a device's memory, before anything is allocated.
    private func checkRoom(for plan: Plan) throws(RunError) {
        for (backendIndex, backend) in program.backends.enumerated() {
            guard let room = backend.device.memoryByteCount else { continue }
            let needed = plan.memory(at: backendIndex)
            guard needed.byteCount > room else { continue }
            throw .plan(.tooLarge(backend: backend.device.backend, needed: needed, byteCount: room))
        }
    }

    /// Throws if the host lacks memory for an output: Swift's arrays abort on a failed allocation.
    private func requireRoom(for output: Plan.Output) throws(BackendError) {
        let byteCount = output.shape.reduce(1, *) * output.dtype.byteCount
        guard HostMachine.hasRoom(for: byteCount) else {
            throw .outOfMemory(backend: "the host, for the output \"\(output.name)\"", byteCount: byteCount)
        }
    }

    /// Drops all bindings, whose plans have outdated state sizes.
    func forgetBindings() {
        bindings = [:]
        bindingOrder = []
    }

    /// Allocates the states, filled with zeros, at the first run.
    private func makeStates(for plan: Plan) throws(BackendError) {
        guard states.isEmpty, !plan.graph.states.isEmpty else { return }
        stateSymbols = plan.symbols
        var made: [BufferSlice] = []
        for state in plan.graph.states {
            let slice = try makeState(plan.graph.type(of: state.value))
            if let tensor = initialStates[state.name] { try streams[0].copyIn(tensor, to: slice) }
            made.append(slice)
        }
        states = made
        initialStates = [:]
    }

    /// A zero-filled buffer of this type.
    func makeState(_ type: TensorType) throws(BackendError) -> BufferSlice {
        let (shape, backend) = (type.concreteShape ?? [], program.backend)
        let count = (try? Tensor.elementCount(of: shape)) ?? .max
        let (byteCount, isTooLarge) = count.multipliedReportingOverflow(by: backend.storageByteCount(of: type.dtype))
        guard !isTooLarge else { throw .outOfMemory(backend: backend.device.backend, byteCount: .max) }
        // The device buffer first: if the device has no room, the host has none for the zeros either.
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

    /// Swaps each updated state's buffer with the buffer of its new value, which is reused in the next run.
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

/// The reason why a run failed.
@nonexhaustive
public enum RunError: Error, Sendable, Hashable {
    /// Inputs, captures or symbols that don't fit the graph.
    case graph(GraphError)
    /// A graph that can't be planned for these inputs.
    case plan(PlanError)
    /// A device failure; `node` is the node whose kernel failed, or nil if unknown.
    case backend(BackendError, node: String?)
    /// A constant whose elements can't be read.
    case constant(ConstantError)
}

extension RunError: CustomStringConvertible {
    /// The message of the underlying error, with the node if known.
    public var description: String {
        switch self {
        case .graph(let error): error.description
        case .plan(let error): error.description
        case .backend(let error, let node): node.map { "node \"\($0)\": \(error)" } ?? error.description
        case .constant(let error): error.description
        }
    }
}
