import AttendBackend
import AttendGraph

/// Compiles a bound graph to a ``Plan``: offers each node to the primary backend, opens the composites that it rejects,
/// and inserts the copies that its kernels need. Fallback backends get the nodes that the primary rejects
/// (`Planner+Fallback.swift`).
struct Planner {
    /// A value during planning: a layout over a block of memory.
    struct Planned {
        var memory: Memory
        var dtype: DType
        var layout: Layout
        /// For a view, an index of ``Planner/origins``.
        var origin: Int?

        /// Number of elements of the whole memory behind this view.
        var memoryCount: Int

        /// Whether this is all of a constant in row-major order, under any shape: only such a value may be packed.
        var isWholeConstant: Bool {
            if case .constant = memory { layout.isDense && layout.elementCount == memoryCount } else { false }
        }
    }

    /// The operation and the operand of a view. Stored in a flat list: a chain of references would be released link by
    /// link, recursing as deep as the chain is long.
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

    /// A step with the details needed for memory planning and costs.
    @dynamicMemberLookup
    struct Step {
        var kernelStep: KernelStep<Memory>
        /// Whether the host added the step, such as a dense copy.
        var isCopy: Bool
        /// Index of the graph's node.
        var node: Int
        /// Inputs whose memory the output may reuse if this step is their last reader.
        var overwritable: [Memory]

        subscript<Member>(dynamicMember member: KeyPath<KernelStep<Memory>, Member>) -> Member {
            kernelStep[keyPath: member]
        }
    }

    /// The backend passed as `on:`, then the fallbacks.
    let backends: [any ComputeBackend]
    /// Primary backend by node of the graph; nil for the same one everywhere.
    let primaries: [Int]?
    /// Primary backend of the current node: the first one it is offered to.
    var primary: Int
    /// Index of the current node in the graph.
    var node = 0
    let graph: Graph
    let memory: MemoryPolicy
    /// The graph's composites, and those found inside of opened ones.
    var composites: KnownComposites
    var steps: [Step] = []
    var temporaries: [Temporary] = []
    /// Bytes of all temporaries so far, including those undone.
    var byteCount = 0
    var origins: [Origin] = []
    /// Dense copies already planned, shared by all readers.
    var copies: [Copy: Planned] = [:]
    /// Copies to other backends already planned.
    var moves: [Move: Memory] = [:]
    /// Keys added to the three dictionaries, in order, so that they can be removed again (`Planner+Undoing.swift`).
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

    /// Emits the steps for all outputs and state updates of the graph.
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
    /// - Throws: ``PlanError`` that names the unsupported node.
    static func plan(
        _ placed: PlacedGraph, on backends: [any ComputeBackend], memory: MemoryPolicy,
        stateMemory: StateMemory = .exchanged
    ) throws(PlanError) -> Plan {
        var planner = Planner(backends: backends, graph: placed.graph, memory: memory, primaries: placed.primaries)
        return try planner.plan(placed, stateMemory)
    }

    private mutating func plan(_ placed: PlacedGraph, _ stateMemory: StateMemory) throws(PlanError) -> Plan {
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
        let inPlace = stateMemory == .inPlace ? updatedInPlace(updates, outputs.map(\.1)) : [:]
        let limits = backends.map { $0.device.largestBufferByteCount ?? .max }
        return MemoryPlanner(steps: steps, temporaries: temporaries, updates: updates, inPlace: inPlace, policy: memory)
            .plan(placed, outputs: outputs, bufferLimits: limits, backendIndex: backendIndex)
    }

    // MARK: Graphs

    /// Emits the nodes that `wanted` depends on, and returns all values known afterwards.
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
            let content = graph.constants[index].content
            let origin: Plan.PlacedConstant.Origin =
                if literals, case .held(let tensor) = content { .literal(BitwiseTensor(tensor)) } else {
                    .graph(TensorIdentity(content))
                }
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
        guard let value = values[id] else { preconditionFailure("nodes must be in topological order") }
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
