import Synchronization

/// A graph on a backend: weights on the device once, plans made once per binding of the symbols.
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
    public let backend: any ComputeBackend
    private let plans = Mutex<PlanCache>(PlanCache())
    private let weights = Mutex<[Plan.ConstantPlace: any DeviceBuffer]>([:])
    /// The same graph with captures among its outputs, by their names.
    let variants = Mutex<[[String]: Program]>([:])
    /// For such a variant: the program whose weights it shares, and which keeps it.
    unowned let base: Program?

    /// Bindings whose plans are kept; the one unused for longest goes first.
    private static let planLimit = 64

    private struct PlanCache {
        var plans: [[String: Int]: (plan: Plan, lastUse: Int)] = [:]
        var clock = 0
        /// How many plans were ever made.
        var made = 0
    }

    public init(_ graph: Graph, on backend: any ComputeBackend) {
        self.graph = graph
        self.backend = backend
        base = nil
    }

    init(_ graph: Graph, variantOf base: Program) {
        self.graph = graph
        backend = base.backend
        self.base = base
    }

    /// - Parameter symbols: Values of the symbols that no input shows, such as a cache's capacity.
    /// - Throws: ``RunError`` when the device can't give a stream.
    public func makeSession(symbols: [String: Int] = [:]) throws(RunError) -> Session {
        do {
            return Session(self, stream: try backend.makeStream(), symbols: symbols)
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
            var planner = Planner(backend: backend, graph: try graph.bound(to: symbols))
            return try planner.plan(symbols: symbols)
        } catch let error as PlanError {
            throw error
        } catch let error as GraphError {
            throw .graph(error)
        } catch {
            preconditionFailure("planning throws nothing else: \(error)")
        }
    }

    /// How many plans have been made so far.
    public var planCount: Int { plans.withLock(\.made) }

    /// Bytes of constants on the device.
    public var weightByteCount: Int { weights.withLock { $0.values.reduce(0) { $0 + $1.byteCount } } }

    /// The constant on the device; copied there at the first call.
    func buffer(of place: Plan.ConstantPlace) throws(BackendError) -> any DeviceBuffer {
        if let base, base.holds(place) { return try base.buffer(of: place) }
        return try weights.withLock { known throws(BackendError) in
            if let buffer = known[place] { return buffer }
            let tensor =
                switch place.origin {
                case .graph(let index): graph.constants[index].tensor
                case .literal(let literal): literal.tensor
                }
            let buffer = try upload(tensor, layout: place.layout)
            known[place] = buffer
            return buffer
        }
    }

    private func upload(_ tensor: Tensor, layout: String?) throws(BackendError) -> any DeviceBuffer {
        if let layout { return try backend.pack(tensor, layout: layout) }
        let stream = try backend.makeStream()
        let buffer = try backend.makeBuffer(
            byteCount: tensor.elementCount * backend.storageByteCount(of: tensor.dtype))
        try stream.copyIn(tensor, to: BufferSlice(buffer))
        try stream.synchronize()
        return buffer
    }
}

extension Graph {
    /// Runs the graph once. For repeated runs keep a ``Program`` and a ``Session``.
    public func run(_ inputs: [String: Tensor], on backend: any ComputeBackend) throws(RunError) -> [String: Tensor] {
        try Program(self, on: backend).makeSession().run(inputs)
    }
}
