public import AttendRuntime

/// An observer of a run that checks a sample of its kernels: each is recomputed on its actual inputs by the oracle with
/// an error bound, and by another backend if given.
///
/// ```swift
/// let shadow = Shadow(of: graph, fraction: 0.1)
/// session.observer = shadow
/// let results = try session.run(inputs)
/// #expect(shadow.first == nil)
/// ```
///
/// - Complexity: For each kernel of the sample, its operands are copied to the host and the oracle computes it, far
///   slower than the backend.
public final class Shadow: RunObserver {
    /// An error of a kernel.
    public struct Divergence: Sendable {
        /// The kernel with the comparison.
        public let step: GraphParityReport.Step
        /// The backend of the wrong result: the one that ran the kernel, or the shadowing one.
        public let backend: String
        /// The reason why the other backend has no result; nil if its result was compared.
        public let failure: String?
    }

    /// The share of kernels to check, from 0 to 1.
    public let fraction: Double
    /// The number of kernels checked so far.
    public private(set) var judgedCount = 0
    /// The number of kernels run so far.
    public private(set) var kernelCount = 0
    /// The first kernel outside its bound; nil if there is none.
    public private(set) var first: Divergence?

    private let judge: StepJudge
    private let other: (any ComputeBackend)?
    private var random: UInt64
    private var inputs: [Tensor?]?

    /// A shadow of runs of `graph`.
    ///
    /// - Parameters:
    ///   - graph: The graph whose composites the oracle must support.
    ///   - fraction: The share of kernels to check, from 0 to 1.
    ///   - other: A second backend to compute each kernel of the sample; nil for the oracle alone.
    ///   - seed: The seed of the sample.
    ///   - model: The required precision.
    public init(
        of graph: Graph, fraction: Double = 1, on other: (any ComputeBackend)? = nil, seed: UInt64 = 1,
        model: RoundingModel = RoundingModel()
    ) {
        judge = StepJudge(composites: graph.composites, model: model)
        (self.fraction, self.other, random) = (fraction, other, seed)
    }

    /// Reads the inputs of a kernel of the sample, before it may overwrite them.
    public func willRun(_ step: RunStep) throws(BackendError) {
        inputs = nil
        guard step.request != nil else { return }
        kernelCount += 1
        guard isChosen() else { return }
        inputs = try step.readInputs()
    }

    /// Compares the results of a kernel of the sample with the oracle.
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

    /// Whether the next kernel is in the sample, by SplitMix64 (Steele, Lea and Flood 2014): deterministic for a seed.
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
    /// The backend, the kernel and the error, one line.
    public var description: String {
        if let failure {
            return "node \(step.place.node) (\(step.place.operation)) could not be computed on \(backend): \(failure)"
        }
        return "on \(backend): \(step)"
    }
}
