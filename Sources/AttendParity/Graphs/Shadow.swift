public import AttendRuntime

/// Looks on at a real run and judges a sample of its kernels: each is computed again, on the very inputs that it read, by the oracle
/// with its bound, and by another backend where one is named.
///
/// ```swift
/// let shadow = Shadow(of: graph, fraction: 0.1)
/// session.observer = shadow
/// let results = try session.run(inputs)
/// #expect(shadow.first == nil)
/// ```
///
/// - Complexity: For each kernel of the sample its operands are read back and the oracle computes it, far slower than the backend
///   does.
public final class Shadow: RunObserver {
    /// What is wrong with a kernel.
    public struct Divergence: Sendable {
        public let step: GraphParityReport.Step
        /// Whose result it is: the backend that ran the kernel, or the one that shadows it.
        public let backend: String
        /// Why the other backend gave no result; nil where one is judged.
        public let failure: String?
    }

    /// The share of kernels that are judged, from 0 to 1.
    public let fraction: Double
    public private(set) var judgedCount = 0
    public private(set) var kernelCount = 0
    /// The first kernel that is out of its bound; nil while there is none.
    public private(set) var first: Divergence?

    private let judge: StepJudge
    private let other: (any ComputeBackend)?
    private var random: UInt64
    private var inputs: [Tensor?]?

    /// - Parameters:
    ///   - graph: Whose composites the oracle has to know.
    ///   - other: A backend that computes each kernel of the sample as well; nil for the oracle alone.
    ///   - seed: Of the choice of kernels.
    public init(
        of graph: Graph, fraction: Double = 1, on other: (any ComputeBackend)? = nil, seed: UInt64 = 1,
        model: RoundingModel = RoundingModel()
    ) {
        judge = StepJudge(composites: graph.composites, model: model)
        (self.fraction, self.other, random) = (fraction, other, seed)
    }

    public func willRun(_ step: RunStep) throws(BackendError) {
        inputs = nil
        guard step.request != nil else { return }
        kernelCount += 1
        guard isChosen() else { return }
        inputs = try step.readInputs()
    }

    public func didRun(_ step: RunStep) throws(BackendError) {
        guard let inputs, let request = step.request else { return }
        let recorded = RecordedStep(
            place: step.placement, request: request, inputs: inputs, outputs: try step.readOutputs())
        judgedCount += 1
        note(judge.judged(recorded), of: step.placement.backend)
        if let other { shadow(recorded, on: other) }
    }

    private func shadow(_ step: RecordedStep, on other: any ComputeBackend) {
        let name = other.device.backend
        do {
            let single = try judge.oneNode(step)
            let results = try Program(single.graph, on: other, optimizer: .none).makeSession().run(single.inputs)
            let outputs = step.outputs.indices.map { results["output\($0)"] }
            note(
                judge.judged(
                    RecordedStep(place: step.place, request: step.request, inputs: step.inputs, outputs: outputs)),
                of: name)
        } catch {
            first =
                first
                ?? Divergence(
                    step: GraphParityReport.Step(step.place), backend: name, failure: "\(error)")
        }
    }

    private func note(_ step: GraphParityReport.Step, of backend: String) {
        guard step.isWrong, first == nil else { return }
        first = Divergence(step: step, backend: backend, failure: nil)
    }

    /// SplitMix64 (Steele, Lea and Flood 2014): the same kernels for the same seed.
    private func isChosen() -> Bool {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) * 0x1p-53 < fraction
    }
}

extension Shadow.Divergence: CustomStringConvertible {
    public var description: String {
        if let failure {
            return "node \(step.place.node) (\(step.place.operation)) could not be computed on \(backend): \(failure)"
        }
        return "on \(backend): \(step)"
    }
}
