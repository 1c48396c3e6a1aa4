import AttendRuntime

/// One kernel's run: what it read and what it gave, as tensors on the host.
struct RecordedStep: Sendable {
    let place: Plan.Placement
    let request: KernelRequest
    /// As the operation means them, whatever their strides; by the schema's order.
    let inputs: [Tensor?]
    let outputs: [Tensor?]
}

/// Judges the steps of a run as they come, and keeps their traces.
///
/// Kernels, layouts, packed constants and the sharing of memory stay what they are, so that what is judged is the plan as it
/// runs.
final class StepRecorder: RunObserver {
    private let judge: StepJudge?
    private let progress: (GraphParity.Progress) -> Void
    private(set) var steps: [GraphParityReport.Step] = []
    private(set) var trace = StepTrace()
    /// Of the plan that was begun.
    private(set) var expectedCount = 0
    /// Read before the run, since an output may be written over an input.
    private var inputs: [Tensor?] = []

    init(judge: StepJudge?, progress: @escaping (GraphParity.Progress) -> Void) {
        (self.judge, self.progress) = (judge, progress)
    }

    /// From now on the kernels of this plan run. A copy between backends is none.
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
