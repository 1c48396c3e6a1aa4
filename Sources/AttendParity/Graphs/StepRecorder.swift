import AttendRuntime

/// The inputs and results of one kernel's run, as tensors on the host.
struct RecordedStep: Sendable {
    let place: Plan.Placement
    let request: KernelRequest
    /// The inputs, dense, in the schema's order.
    let inputs: [Tensor?]
    let outputs: [Tensor?]
}

/// An observer that judges the steps of a run as they occur, and keeps their traces.
///
/// Kernels, layouts, packed constants and shared memory are unchanged, so that the actual plan is judged.
final class StepRecorder: RunObserver {
    private let judge: StepJudge?
    private let progress: (GraphParity.Progress) -> Void
    private(set) var steps: [GraphParityReport.Step] = []
    private(set) var trace = StepTrace()
    /// The number of kernels of the current plan.
    private(set) var expectedCount = 0
    /// The inputs, read before the run because an output may overwrite an input.
    private var inputs: [Tensor?] = []

    init(judge: StepJudge?, progress: @escaping (GraphParity.Progress) -> Void) {
        (self.judge, self.progress) = (judge, progress)
    }

    /// Starts the recording of a plan's kernels; copies between backends are not kernels.
    func begin(_ plan: Plan) { expectedCount = plan.placements.count { $0.source == nil } }

    func willRun(_ step: RunStep) throws(BackendError) { inputs = try step.readInputs() }

    func didRun(_ step: RunStep) throws(BackendError) {
        guard let request = step.request else { return }
        let place = step.placement
        progress(GraphParity.Progress(node: place.node, index: steps.count, count: expectedCount))
        let recorded = RecordedStep(place: place, request: request, inputs: inputs, outputs: try step.readOutputs())
        if let judge { steps.append(judge.judged(recorded)) }
        trace.add(recorded)
    }
}
