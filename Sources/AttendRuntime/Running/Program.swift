public import AttendBackend
public import AttendGraph
import Synchronization

/// A graph on a backend, and on those that it may fall back to: weights on the device once, plans made once per binding of the symbols.
///
/// A program is shared: any number of tasks make a ``Session`` each and run at the same time.
///
/// ```swift
/// let program = Program(graph, on: backend)
/// let session = try program.makeSession()
/// let results = try session.run(["input": tensor])
/// ```
public final class Program: Sendable {
    public let graph: Graph
    /// The backend that was named, which comes first everywhere, and those that take what it refuses.
    public let backends: [any ComputeBackend]
    /// What is done to the graph before it is planned.
    public let optimizer: Optimizer
    /// The graph after that; made at the first plan.
    private let optimized = Mutex<Graph?>(nil)
    private let plans = Mutex<PlanCache>(PlanCache())
    let weights: WeightStore
    let memory: MemoryPolicy
    /// Who runs what.
    public let placing: PlacementPolicy
    /// The same graph with captures among its outputs, by their names.
    let variants = Mutex<[[String]: Program]>([:])
    /// Bindings whose plans are kept; the one unused for longest goes first.
    private static let planLimit = 64

    private struct PlanCache {
        var plans: [[String: Int]: (plan: Plan, lastUse: Int)] = [:]
        var clock = 0
        /// How many plans were ever made.
        var made = 0
    }

    /// - Parameters:
    ///   - fallbacks: Where a node goes for which `backend` has no kernel, in this order; none by default, and then
    ///     such a node is an error. What a composite is made of is offered to `backend` first: a fallback takes a composite whole
    ///     only if `backend` takes no part of it. Each placement of the plan says where it runs and why.
    ///   - optimizer: What is done to the graph before it is planned; ``Optimizer/none`` runs it node by node as it was written.
    ///   - memory: How values between nodes share memory.
    ///   - placing: Who runs what, where there are fallbacks.
    public init(
        _ graph: Graph, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = [],
        optimizer: Optimizer = .standard, memory: MemoryPolicy = .arena, placing: PlacementPolicy = .named
    ) {
        self.graph = graph
        self.memory = memory
        self.placing = placing
        self.optimizer = optimizer
        backends = [backend] + fallbacks
        weights = WeightStore(backends)
    }

    /// Another graph with the same weights on the same backends.
    init(_ graph: Graph, sharingWeightsOf other: Program) {
        self.graph = graph
        optimizer = other.optimizer
        memory = other.memory
        placing = other.placing
        backends = other.backends
        weights = other.weights
    }

    /// The backend that was named.
    public var backend: any ComputeBackend { backends[0] }

    /// - Parameter symbols: Values of the symbols that no input shows, such as a cache's capacity.
    /// - Throws: ``RunError`` for a symbol that the graph does not have, and when the device can't give a stream.
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

    /// The plan for these sizes; made at the first call, and kept.
    ///
    /// - Throws: ``PlanError`` that names the node which the backend can't run.
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
            return try Planner.plan(placed, on: backends, memory: memory)
        } catch let error as PlanError {
            throw error
        } catch let error as GraphError {
            throw .graph(error)
        } catch {
            preconditionFailure("planning throws nothing else: \(error)")
        }
    }

    /// Bytes of constants that the graph did not come with.
    private func derivedByteCount(of optimized: Graph) -> Int {
        let given = Set(graph.constants.map { TensorIdentity($0.tensor) })
        return optimized.constants.reduce(0) { sum, constant in
            given.contains(TensorIdentity(constant.tensor))
                ? sum : sum + constant.tensor.elementCount * constant.tensor.dtype.byteCount
        }
    }

    /// The predicted times of the plan for these sizes; nil where nothing is placed by cost.
    ///
    /// - Throws: As ``plan(symbols:)``, whose plan it is.
    public func forecast(symbols: [String: Int]) throws(PlanError) -> PlacementForecast? {
        try plan(symbols: symbols).forecast
    }

    /// The graph as it is planned. What the first sizes say of the backend holds for all.
    public func optimizedGraph(for symbols: [String: Int]) throws(GraphError) -> Graph {
        guard !optimizer.passes.isEmpty else { return graph }
        return try optimized.withLock { known throws(GraphError) in
            if let known { return known }
            let made = weights.sharing(try optimizer.optimize(graph, optimizingContext(symbols)).graph, given: graph)
            known = made
            return made
        }
    }

    /// How many plans have been made so far.
    public var planCount: Int { plans.withLock(\.made) }

    /// Bytes of constants on the devices.
    public var weightByteCount: Int { weights.byteCount }
}

extension Graph {
    /// Runs the graph once. For repeated runs keep a ``Program`` and a ``Session``.
    public func run(_ inputs: [String: Tensor], on backend: any ComputeBackend) throws(RunError) -> [String: Tensor] {
        try Program(self, on: backend).makeSession().run(inputs)
    }
}
