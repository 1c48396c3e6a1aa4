import AttendParity
import AttendRegistry
import AttendRuntime

/// A check that runs an accepted graph and compares its results.
struct GraphExam {
    let trial: FuzzTrial
    /// The upper limits of integer inputs by name: the number of rows of the table that they index.
    var rowCounts: [String: Int] = [:]

    /// The limits of floating-point operations and bytes for running a graph, and for judging it by the oracle.
    private static let (runLimit, oracleLimit) = (2e7, 4e5)
    /// The memory limit in bytes of a plan to run.
    private static let roomLimit = 1 << 26
    private static let elementLimit = 1 << 18

    /// Checks that both of our backends have the same results, each step within its bound, or both an error.
    ///
    /// - Parameter given: Inputs to run on, if they fit.
    func check(_ graph: Graph, given: [String: Tensor]? = nil) throws {
        let (inputs, symbols) = try given.map { ($0, [:]) } ?? self.inputs(of: graph)
        let (reference, simd) = (try GraphExam.backend("reference"), try GraphExam.backend("simd"))
        let session = try Program(graph, on: reference).makeSession(symbols: symbols)
        let plan = try session.plan(for: inputs)
        let memory = plan.memory.byteCount
        let work = plan.placements.reduce(0) { $0 + $1.cost.flops + Double($1.cost.bytes) }
        guard work <= GraphExam.runLimit, memory <= GraphExam.roomLimit else {
            // A graph that can't fit in memory must fail immediately; one that only takes long is not run.
            if memory > trial.memoryLimit { try refuses(session, inputs, memory) }
            return
        }
        let expected: [String: Tensor]
        do {
            expected = try session.run(inputs)
        } catch {
            let found = try? Program(graph, on: simd, fallingBackTo: [reference]).makeSession(symbols: symbols).run(
                inputs)
            try trial.require(found == nil, "simd runs a graph that reference rejects: \(error)")
            throw error
        }
        // Operations without a kernel in simd fall back to reference, as for users.
        guard work <= GraphExam.oracleLimit else {
            _ = try trial.must("simd rejects a graph that reference runs") {
                try Program(graph, on: simd, fallingBackTo: [reference]).makeSession(symbols: symbols).run(inputs)
            }
            return
        }
        let report = try trial.must("simd rejects a graph that reference runs") {
            try GraphParity(graph, on: simd, fallingBackTo: [reference]).report(on: inputs, symbols: symbols)
        }
        try trial.require(report.passes, "simd differs from the oracle: \(GraphExam.complaint(report))")
        try trial.require(
            Set(expected.keys) == Set(graph.outputs.map(\.name)), "outputs are missing: \(expected.keys.sorted())")
    }

    private func refuses(_ session: Session, _ inputs: [String: Tensor], _ memory: Int) throws {
        do {
            _ = try session.run(inputs)
        } catch {
            return
        }
        throw Wrong("a plan of \(memory) bytes ran beyond the limit of \(trial.memoryLimit)")
    }

    private static func complaint(_ report: GraphParityReport) -> String {
        if let step = report.firstDivergence ?? report.unjudged.first { return "\(step)" }
        if let difference = report.passDifference { return "\(difference)" }
        if let difference = report.planDifference { return "\(difference)" }
        return report.failure ?? report.trespass ?? "\(report.steps.count) of \(report.stepCount) steps ran"
    }

    // MARK: Inputs

    /// Seeded inputs, with small sizes for the symbols.
    func inputs(of graph: Graph) throws -> (inputs: [String: Tensor], symbols: [String: Int]) {
        var symbols: [String: Int] = [:]
        for symbol in graph.symbols { symbols[symbol] = trial.numbers.pick([1, 2, 3, 4, 5, 2, 3, 0, 8]) }
        var inputs: [String: Tensor] = [:]
        for id in graph.inputs {
            let type = try graph.type(of: id).bound(to: symbols)
            let shape = type.concreteShape ?? []
            guard try Tensor.elementCount(of: shape) <= GraphExam.elementLimit else { throw TooLarge() }
            let name = graph.values[id].name
            inputs[name] = try tensor(type.dtype, shape, below: min(3, rowCounts[name] ?? 3))
        }
        return (inputs, symbols)
    }

    /// An input is too large to create: the case ends, correct so far.
    struct TooLarge: Error {}

    private func tensor(_ dtype: DType, _ shape: [Int], below limit: Int) throws -> Tensor {
        let count = try Tensor.elementCount(of: shape)
        func floats() -> [Float] { (0..<count).map { _ in trial.numbers.uniform(-2, 2) } }
        func whole() -> [Int] { (0..<count).map { _ in trial.numbers.below(limit) } }
        let storage: Tensor.Storage =
            switch dtype {
            case .float32: .float32(floats())
            case .float16: .float16(floats().map { NarrowFloat.float16($0) })
            case .bfloat16: .bfloat16(floats().map { NarrowFloat.bfloat16($0) })
            case .int32: .int32(whole().map { Int32($0) })
            case .int64: .int64(whole().map { Int64($0) })
            case .bool: .bool(whole().map { $0 == 0 ? 0 : 1 })
            }
        return try Tensor(storage: storage, shape: shape)
    }

    // MARK: Backends

    /// A backend with one thread: cases are small, and workers run concurrently.
    static func backend(_ name: String) throws -> any ComputeBackend {
        try backends[name] ?? BackendRegistry.builtIn.backend(named: name, options: BackendOptions(threads: 1))
    }

    private static let backends: [String: any ComputeBackend] = {
        var made: [String: any ComputeBackend] = [:]
        for name in ["reference", "simd"] {
            made[name] = try? BackendRegistry.builtIn.backend(named: name, options: BackendOptions(threads: 1))
        }
        return made
    }()
}
