public import AttendBackend
public import AttendGraph

/// Candidate backends in the order of their predicted run times for a graph.
public struct BackendRanking: Sendable {
    /// A candidate and its predicted time, or the reason why it can't run the graph.
    public struct Entry: Sendable {
        /// Index among the candidates.
        public var candidate: Int
        /// The backend's name.
        public var backend: String
        /// Predicted seconds per run; nil if the backend can't run the graph.
        public var seconds: Double?
        /// The reason why it can't run the graph; nil if it can.
        public var refusal: String?
    }

    /// Candidates by ascending predicted time; those that can't run the graph come last.
    public let entries: [Entry]
    /// The program of the fastest candidate with its plan for these inputs; nil if no candidate can run the graph.
    public let bestProgram: Program?

    /// Plans the graph on each candidate and predicts its run time.
    ///
    /// - Parameters:
    ///   - inputs: Sample inputs; only their shapes matter.
    ///   - symbols: Values of symbols that no input determines.
    ///   - optimizer: The passes to be applied.
    ///   - profiles: One for each candidate, from ``DeviceProfile/measure(_:)``.
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

    /// The fastest candidate; nil if none can run the graph.
    public var best: Entry? { entries.first.flatMap { $0.seconds == nil ? nil : $0 } }
}
