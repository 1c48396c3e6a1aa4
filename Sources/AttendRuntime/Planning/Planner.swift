import AttendBackend
import AttendGraph

/// Turns a concrete graph into a ``Plan``: offers each node to the backend, opens the composites
/// that it does not take, and inserts the copies that its kernels need. Where the user named other
/// backends to fall back to, they get what the first one refuses (`Planner+Fallback.swift`).
struct Planner {
    /// A value while planning: a layout over a piece of memory.
    struct Planned {
        var memory: Memory
        var dtype: DType
        var layout: Layout
        /// For a view: where ``Planner/origins`` says what it is a view of.
        var origin: Int?

        /// Elements of the whole memory that this is a view of.
        var memoryCount: Int

        /// All of a constant's elements in their order, perhaps under another shape, which may be packed; a part of one may not.
        var isWholeConstant: Bool {
            if case .constant = memory { layout.isDense && layout.elementCount == memoryCount } else { false }
        }
    }

    /// The operation and the operand that made a view. They stand in a list, as a chain of references would be let go of
    /// link by link, on a stack as deep as the chain is long.
    struct Origin {
        var operation: Operation
        var base: Planned
    }

    enum Memory: Hashable {
        case input(Int, backendIndex: Int)
        case constant(Plan.PlacedConstant)
        case state(Int)
        case temporary(Int)
    }

    struct Temporary {
        var byteCount: Int
        var backendIndex: Int
    }

    /// A step, and what memory planning and costs need to know of it.
    @dynamicMemberLookup
    struct Step {
        var kernelStep: KernelStep<Memory>
        /// Whether the host added it, such as a dense copy.
        var isCopy: Bool
        /// The graph's node that it is for.
        var node: Int
        /// Inputs whose memory the output may take over, if their last reader is this step.
        var overwritable: [Memory]

        subscript<Member>(dynamicMember member: KeyPath<KernelStep<Memory>, Member>) -> Member {
            kernelStep[keyPath: member]
        }
    }

    /// The named backend, then the fallbacks.
    let backends: [any ComputeBackend]
    /// The backend that each node of the graph is offered to first; nil where that is one backend for all.
    let primaries: [Int]?
    /// The backend that the current node is offered to first.
    var primary: Int
    /// The index of the current node in the graph.
    var node = 0
    let graph: Graph
    let memory: MemoryPolicy
    /// The graph's composites, and those that came to light when one was opened.
    var composites: KnownComposites
    var steps: [Step] = []
    var temporaries: [Temporary] = []
    /// Bytes of all temporaries so far, including those undone.
    var byteCount = 0
    var origins: [Origin] = []
    /// Dense copies already made, so that two readers share one.
    var copies: [Copy: Planned] = [:]
    /// Copies to other backends already made.
    var moves: [Move: Memory] = [:]
    /// What was put into the three dictionaries, in order, so that it can be taken out again (`Planner+Undoing.swift`).
    var journal: [Entry] = []

    struct Copy: Hashable {
        var memory: Memory
        var layout: Layout
    }

    init(
        backends: [any ComputeBackend], graph: Graph, memory: MemoryPolicy, primaries: [Int]? = nil, primary: Int = 0
    ) {
        self.backends = backends
        self.graph = graph
        self.memory = memory
        self.primaries = primaries
        self.primary = primary
        composites = graph.knownComposites
    }

    /// All that the graph's outputs and states need, as steps.
    mutating func emitGraph() throws(PlanError) -> [Graph.ValueID: Planned] {
        var sources: [Graph.ValueID: Planned] = [:]
        for (index, id) in graph.inputs.enumerated() {
            sources[id] = source(graph.type(of: id), .input(index, backendIndex: 0))
        }
        for (index, state) in graph.states.enumerated() {
            sources[state.value] = source(graph.type(of: state.value), .state(index))
        }
        let wanted = graph.outputs.map(\.value) + graph.states.compactMap(\.update)
        return try emit(graph, sources, wanted: wanted, site: Site(path: "", refusals: []), literals: false)
    }

    /// Plans a graph.
    ///
    /// - Throws: ``PlanError`` that names the node which the backends can't run.
    static func plan(
        _ placed: PlacedGraph, on backends: [any ComputeBackend], memory: MemoryPolicy
    ) throws(PlanError) -> Plan {
        var planner = Planner(backends: backends, graph: placed.graph, memory: memory, primaries: placed.primaries)
        return try planner.plan(placed)
    }

    private mutating func plan(_ placed: PlacedGraph) throws(PlanError) -> Plan {
        let values = try emitGraph()
        var outputs: [(Graph.Output, Planned)] = []
        for output in graph.outputs {
            outputs.append(
                (output, try denseAnywhere(known(values, output.value), Site(path: output.name, refusals: []))))
        }
        var updates: [(state: Int, temporary: Int)] = []
        var taken: Set<Int> = []
        for (index, state) in graph.states.enumerated() {
            guard let update = state.update else { continue }
            let value = try owned(known(values, update), not: taken, for: state.name)
            updates.append((index, value))
            taken.insert(value)
        }
        let limits = backends.map { $0.device.largestBufferByteCount ?? .max }
        return MemoryPlanner(steps: steps, temporaries: temporaries, updates: updates, policy: memory)
            .plan(placed, outputs: outputs, bufferLimits: limits, backendIndex: backendIndex)
    }

    // MARK: Graphs

    /// Emits the nodes that `wanted` needs, and returns every value known by then.
    mutating func emit(
        _ graph: Graph, _ sources: [Graph.ValueID: Planned], wanted: [Graph.ValueID], site: Site, literals: Bool
    ) throws(PlanError) -> [Graph.ValueID: Planned] {
        var needed = Set(wanted)
        for node in graph.nodes.reversed() where node.outputs.contains(where: needed.contains) {
            needed.formUnion(node.inputs.compactMap(\.self))
        }
        var values = sources
        for (id, value) in graph.values.enumerated() where needed.contains(id) {
            guard case .constant(let index) = value.source else { continue }
            let origin: Plan.PlacedConstant.Origin =
                literals
                ? .literal(BitwiseTensor(graph.constants[index].tensor))
                : .graph(TensorIdentity(graph.constants[index].tensor))
            values[id] = source(
                value.type, .constant(Plan.PlacedConstant(origin: origin, packing: nil, backendIndex: 0)))
        }
        for (index, node) in graph.nodes.enumerated() where node.outputs.contains(where: needed.contains) {
            if site.path.isEmpty {
                self.node = index
                if let primaries { primary = primaries[index] }
            }
            let inputs = node.inputs.map { $0.map { known(values, $0) } }
            let path = site.path.isEmpty ? node.name : "\(site.path)/\(node.name)"
            let types = node.outputs.map { needed.contains($0) ? graph.type(of: $0) : nil }
            let results = try emit(node.operation, inputs, types, Site(path: path, refusals: site.refusals))
            for (id, result) in zip(node.outputs, results) { values[id] = result }
        }
        return values
    }

    func known(_ values: [Graph.ValueID: Planned], _ id: Graph.ValueID) -> Planned {
        guard let value = values[id] else { preconditionFailure("nodes stand in an order in which they can run") }
        return value
    }

    func source(_ type: TensorType, _ memory: Memory) -> Planned {
        let layout = Layout(dense: concrete(type))
        return Planned(memory: memory, dtype: type.dtype, layout: layout, memoryCount: layout.elementCount)
    }

    func concrete(_ type: TensorType) -> [Int] {
        guard let shape = type.concreteShape else { preconditionFailure("a bound graph has no symbols left: \(type)") }
        return shape
    }
}
