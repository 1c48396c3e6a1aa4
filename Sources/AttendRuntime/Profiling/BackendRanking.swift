public import AttendBackend
public import AttendGraph

/// Which of several backends is expected to run a graph soonest, and why.
public struct BackendRanking: Sendable {
    public struct Entry: Sendable {
        /// Its place among the candidates.
        public var candidate: Int
        public var backend: String
        /// Seconds that a run is expected to take; nil for a backend that can't run the graph.
        public var seconds: Double?
        /// Why it can't.
        public var refusal: String?
    }

    /// The soonest first, those that can't run the graph last.
    public let entries: [Entry]
    /// The program of the first with its plan for these inputs; nil where no candidate can run the graph.
    public let bestProgram: Program?

    /// Plans the graph on each candidate.
    ///
    /// - Parameters:
    ///   - inputs: What the graph would be run on: their shapes decide.
    ///   - optimizer: The passes that the graph would be run with.
    ///   - profiles: One for each candidate, of ``DeviceProfile/measure(_:)``.
    /// - Throws: ``GraphError`` for inputs that don't fit the graph, whatever the backend.
    public init(
        _ graph: Graph, inputs: [String: Tensor], symbols: [String: Int] = [:],
        among candidates: [any ComputeBackend], optimizer: Optimizer = .standard, profiles: [DeviceProfile]
    ) throws(GraphError) {
        let bound = try graph.bindSymbols(
            inputs.mapValues { (dtype: $0.dtype, shape: $0.shape) }, given: symbols)
        let programs = candidates.map { Program(graph, on: $0, optimizer: optimizer) }
        entries = zip(candidates, profiles).enumerated().map { index, candidate in
            let name = candidate.0.device.backend
            do throws(PlanError) {
                let plan = try programs[index].plan(symbols: bound)
                return Entry(candidate: index, backend: name, seconds: plan.predictedSeconds([candidate.1]))
            } catch {
                return Entry(candidate: index, backend: name, refusal: error.description)
            }
        }.sorted { ($0.seconds ?? .infinity, $0.candidate) < ($1.seconds ?? .infinity, $1.candidate) }
        bestProgram = entries.first.flatMap { $0.seconds == nil ? nil : programs[$0.candidate] }
    }

    /// The first, where any can run the graph.
    public var best: Entry? { entries.first.flatMap { $0.seconds == nil ? nil : $0 } }
}
