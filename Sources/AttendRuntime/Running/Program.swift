public import AttendBackend
public import AttendGraph
import Synchronization

/// A graph on a backend and its fallbacks. Weights are uploaded once, and plans are cached by symbol values.
///
/// Thread-safe: any number of tasks make a ``Session`` each and run concurrently.
///
/// ```swift
/// let program = Program(graph, on: backend)
/// let session = try program.makeSession()
/// let results = try session.run(["input": tensor])
/// ```
public final class Program: Sendable {
    /// The graph as given, before optimization.
    public let graph: Graph
    /// The primary backend, then the fallbacks.
    public let backends: [any ComputeBackend]
    /// The passes applied before planning.
    public let optimizer: Optimizer
    /// The optimized graph, made at the first plan.
    private let optimized = Mutex<Graph?>(nil)
    private let plans = Mutex<PlanCache>(PlanCache())
    let weights: WeightStore
    let memory: MemoryPolicy
    /// The memory of states' new values.
    public let stateMemory: StateMemory
    /// The policy that assigns nodes to backends.
    public let placing: PlacementPolicy
    /// Programs of the graph with captured values as outputs, by the captures' names.
    let variants = Mutex<[[String]: Program]>([:])
    /// Number of cached plans; the least recently used is evicted.
    private static let planLimit = 64

    private struct PlanCache {
        var plans: [[String: Int]: (plan: Plan, lastUse: Int)] = [:]
        var clock = 0
        /// Number of plans made so far.
        var made = 0
    }

    /// Creates a program. Planning and uploading happen later, at the first run or ``plan(symbols:)``.
    ///
    /// - Parameters:
    ///   - fallbacks: Backends for nodes that `backend` has no kernel for, in order of preference; without any, such a
    ///     node is an error. The parts of a composite are offered to `backend` first: a fallback takes a composite
    ///     whole only if `backend` runs no part of it. Each ``Plan/Placement`` names its backend and the reason.
    ///   - optimizer: Passes applied before planning; ``Optimizer/none`` runs the graph node by node as written.
    ///   - memory: Memory sharing between the values of a plan.
    ///   - stateMemory: The memory of states' new values.
    ///   - placing: Assignment of nodes to backends, where there are fallbacks.
    ///   - progress: Called while constants are read on demand, from several threads, one call at a time.
    public init(
        _ graph: Graph, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = [],
        optimizer: Optimizer = .standard, memory: MemoryPolicy = .arena, stateMemory: StateMemory = .exchanged,
        placing: PlacementPolicy = .named,
        progress: (@Sendable (LoadingProgress) -> Void)? = nil
    ) {
        self.graph = graph
        self.memory = memory
        self.stateMemory = stateMemory
        self.placing = placing
        self.optimizer = optimizer
        backends = [backend] + fallbacks
        weights = WeightStore(backends, progress: progress)
    }

    /// A program of another graph with the same weights on the same backends.
    init(_ graph: Graph, sharingWeightsOf other: Program) {
        self.graph = graph
        optimizer = other.optimizer
        memory = other.memory
        stateMemory = other.stateMemory
        placing = other.placing
        backends = other.backends
        weights = other.weights
    }

    /// The primary backend, passed as `on:`.
    public var backend: any ComputeBackend { backends[0] }

    /// Creates a session with streams on all backends.
    ///
    /// - Parameter symbols: Values of symbols that no input determines, such as a cache capacity.
    /// - Throws: ``RunError`` for a symbol that the graph does not have, and when a device can't create a stream.
    public func makeSession(symbols: [String: Int] = [:]) throws(RunError) -> Session {
        let known = symbols.isEmpty ? [] : graph.everySymbol
        for symbol in symbols.keys.sorted() where !known.contains(symbol) {
            throw .graph(.unknownSymbol(symbol, hint: Nearest.hint(for: symbol, among: known), known: known))
        }
        do {
            var streams: [any ComputeStream] = []
            for backend in backends { streams.append(try backend.makeStream()) }
            return Session(self, streams: streams, symbols: symbols)
        } catch {
            throw .backend(error, node: nil)
        }
    }

    /// The plan for these symbol values, made at the first call and cached. A cached plan costs O(1).
    ///
    /// - Throws: ``PlanError`` that names the unsupported node.
    public func plan(symbols: [String: Int]) throws(PlanError) -> Plan {
        try plans.withLock { cache throws(PlanError) in
            cache.clock += 1
            if let known = cache.plans[symbols] {
                cache.plans[symbols]?.lastUse = cache.clock
                return known.plan
            }
            let plan = try makePlan(symbols)
            cache.made += 1
            if cache.plans.count >= Program.planLimit,
                let oldest = cache.plans.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                cache.plans[oldest.key] = nil
            }
            cache.plans[symbols] = (plan, cache.clock)
            return plan
        }
    }

    private func makePlan(_ symbols: [String: Int]) throws(PlanError) -> Plan {
        do {
            let graph = try optimizedGraph(for: symbols).bound(to: symbols)
            let placed = try PlacedGraph(
                graph, symbols: symbols, derivedByteCount: derivedByteCount(of: graph), on: backends, by: placing)
            return try Planner.plan(placed, on: backends, memory: memory, stateMemory: stateMemory)
        } catch let error as PlanError {
            throw error
        } catch let error as GraphError {
            throw .graph(error)
        } catch {
            preconditionFailure("unexpected error while planning: \(error)")
        }
    }

    /// Bytes of constants that are not in the original graph.
    private func derivedByteCount(of optimized: Graph) -> Int {
        let given = Set(graph.constants.map { TensorIdentity($0.content) })
        return optimized.constants.reduce(0) { sum, constant in
            given.contains(TensorIdentity(constant.content)) ? sum : sum + constant.content.byteCount
        }
    }

    /// Predicted times of the plan for these symbol values; nil unless placed by cost.
    ///
    /// - Throws: As ``plan(symbols:)``, which it calls.
    public func forecast(symbols: [String: Int]) throws(PlanError) -> PlacementForecast? {
        try plan(symbols: symbols).forecast
    }

    /// The graph after optimization. Made once: the composites that the backend accepts at the first sizes decide for
    /// all sizes.
    ///
    /// - Throws: ``GraphError`` for symbols that don't fit the graph, and for a failed pass.
    public func optimizedGraph(for symbols: [String: Int]) throws(GraphError) -> Graph {
        guard !optimizer.passes.isEmpty else { return graph }
        return try optimized.withLock { known throws(GraphError) in
            if let known { return known }
            let made = weights.sharing(try optimizer.optimize(graph, optimizingContext(symbols)).graph, given: graph)
            known = made
            return made
        }
    }

    /// Number of plans made so far, evicted ones included.
    public var planCount: Int { plans.withLock(\.made) }

    /// Bytes of constants on the devices. O(constants).
    public var weightByteCount: Int { weights.byteCount }
}

extension Graph {
    /// Runs the graph once. For repeated runs keep a ``Program`` and a ``Session``.
    ///
    /// - Throws: As ``Session/run(_:capture:)``.
    public func run(_ inputs: [String: Tensor], on backend: any ComputeBackend) throws(RunError) -> [String: Tensor] {
        try Program(self, on: backend).makeSession().run(inputs)
    }
}
