import AttendRegistry
import AttendRuntime

/// A graph on the chosen backends, planned for its inputs.
struct PreparedRun {
    let backend: ChosenBackends
    let program: Program
    let session: Session
    let plan: Plan

    /// - Parameters:
    ///   - names: The names of captures.
    ///   - named: The named backend; nil for the fastest on this graph, with the program of that choice.
    /// - Throws: `ValidationError` for options that don't fit the backend; ``RunError`` of planning.
    init(
        _ graph: Graph, inputs: [String: Tensor], capture names: [String] = [], symbols: [String: Int] = [:],
        on named: ChosenBackends?, _ choice: BackendChoice, _ execution: ExecutionOptions
    ) throws {
        backend =
            try named
            ?? choice.make(for: graph, inputs: inputs, symbols: symbols, optimizer: execution.optimizer)
        try execution.check([backend.backend] + backend.fallbacks)
        program = backend.planned ?? backend.program(graph, execution.optimizer)
        session = try program.makeSession(symbols: symbols)
        plan = try session.plan(for: inputs, capture: names)
        backend.tellForecast(of: plan, on: program.backends)
    }

    /// The device for reports.
    var device: DeviceDescription { backend.reportedDevice(of: plan) }

    /// Runs once more with a profile, and prints the placement of each operation, both if requested.
    ///
    /// - Returns: The placements, with measured times if there is a profile.
    @discardableResult
    func reportPlacements(
        _ inputs: [String: Tensor], capture names: [String] = [], _ choice: BackendChoice,
        _ execution: ExecutionOptions
    ) throws -> PlacementReport {
        let profile = try execution.profiled(session, inputs, capture: names, on: program.backends)
        let report = PlacementReport(plan, profile: profile)
        if choice.placements { Terminal.log(report.table) }
        return report
    }
}
