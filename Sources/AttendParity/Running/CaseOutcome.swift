package import AttendRuntime
import ReferenceBackend

/// The outcome of one case on a backend.
public struct CaseOutcome: Sendable, Codable {
    /// The verdict on a case.
    public enum Verdict: Sendable, Codable {
        /// All results are correct.
        case passed
        /// A result or the backend's conduct is wrong.
        case failed(CaseFailure)
        /// The backend has no kernel for the operation or its parts, with its reason; or nothing can be judged in the
        /// model's precision.
        case unsupported(String)
        /// The case is inconclusive, with the reason. Not run is not passed.
        case notRun(String)
    }

    /// The verdict.
    public var verdict: Verdict
    /// Whether the operation was refused as a whole and ran in parts.
    public var isDecomposed = false
    /// The largest error as a share of its bound, over correct elements.
    public var worstShare = 0.0
    /// The same over float32 elements that need not be correctly rounded.
    public var worstFreeShare = 0.0
    /// The number of elements without a bound.
    public var undecided = 0
    /// The number of compared elements.
    public var elementCount = 0
    /// The number of elements of all results, including those not compared after an error.
    public internal(set) var size = 0
    /// The kernels that ran, in execution order.
    public var kernels: [String] = []
    /// The number of times a planted fault acted; nil without a planted fault.
    package var faultActs: Int?

    init(_ verdict: Verdict) { self.verdict = verdict }

    /// Adds the elements of a comparison.
    mutating func count(_ comparison: Comparison) {
        worstShare = max(worstShare, comparison.worstShare)
        worstFreeShare = max(worstFreeShare, comparison.worstFreeShare)
        undecided += comparison.undecided
        elementCount += comparison.elementCount
    }
}

/// The failure of a case.
public struct CaseFailure: Sendable, Hashable, Codable {
    /// The kind of failure.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A result is outside its bound.
        case wrong
        /// The bits of a plan's result differ from those of its nodes run one by one.
        case planDiffers = "plan_differs"
        /// A second run has other bits.
        case notRepeatable = "not_repeatable"
        /// Memory outside the results was written.
        case trespass
        /// The backend accepted the operation and then failed.
        case error
        /// A call of the backend changed its thread's rounding mode, or its handling of denormals or traps.
        case environment
        /// The backend refused without a reason, or refused what it accepts at other times.
        case falseRefusal = "false_refusal"
        /// An invalid index or start caused no error, or another error than the one specified.
        case dueError = "due_error"
        /// The process grew from run to run of one kernel.
        case memoryGrows = "memory_grows"
        /// Two sessions of one program, running at the same time, gave other bits than one by itself.
        case concurrency
        /// The process that ran the backend died of a signal, or exited.
        case died
        /// The backend was still running at its deadline.
        case timedOut = "timed_out"
    }

    /// The kind of failure.
    public var kind: Kind
    /// The wrong output of the graph; nil if none is.
    public var output: String?
    /// The first wrong element; nil if there is none.
    public var element: WrongElement?
    /// The number of wrong elements.
    public var wrongCount = 0
    /// The number of elements in the output.
    public var elementCount = 0
    /// The failure in one sentence.
    public var message: String
    /// The values of the inputs and of the wrong output; nil for more than ``ShownValues/limit`` elements.
    public var values: ShownValues?
    /// The first wrong primitive of an operation that was refused as a whole and ran in parts; nil if there is none.
    public var part: WrongPart?

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// The failure of an output that is out of its bounds.
    init(_ comparison: Comparison, output: String) {
        self.init(.wrong, comparison.complaint.map { "\(output) \($0)" } ?? "")
        (self.output, element) = (output, comparison.first)
        (wrongCount, elementCount) = (comparison.wrongCount, comparison.elementCount)
        guard let element else { return }
        message = "\(output): \(element)"
        if wrongCount > 1 { message += "; \(wrongCount) of \(elementCount) elements are wrong" }
    }
}

/// The first wrong primitive of an operation that ran in parts: its inputs are right, and its result is not.
public struct WrongPart: Sendable, Hashable, Codable {
    /// The path of the node, such as `softmax/exp`.
    public var node: String
    /// The primitive with its version, such as `exp.v1`.
    public var operation: String
    /// The kernel's name.
    public var kernel: String
    /// The first wrong element, one line.
    public var message: String
}

extension CaseFailure: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

/// The expected results of a case.
public struct Expectation: Sendable {
    /// The expected outputs, in the graph's order.
    public var outputs: [(name: String, value: ExpectedTensor)]
    /// The number of branches that depend on uncertain digits.
    public var undecidedBranches: Int

    /// Whether there are elements, none of which has a bound.
    var isOpen: Bool {
        outputs.contains { $0.value.elementCount > 0 }
            && outputs.allSatisfy { $0.value.bounds?.allSatisfy { $0.bound == .infinity && !$0.isNaN } ?? false }
    }

    /// The reason for which a result that differs is not judged.
    var undecidedReason: String {
        "\(undecidedBranches) branches depend on uncertain digits, and the result differs"
    }
}

extension BuiltCase {
    /// Computes the expected results with the oracle.
    ///
    /// - Throws: ``RunError`` for inputs that cause an error, such as an index out of range.
    package func expectation(_ model: RoundingModel) throws(RunError) -> Expectation {
        try expectations(model, of: [inputs])[0]
    }

    /// Computes the expected results of each run in one session, with the oracle.
    ///
    /// - Throws: ``RunError`` for inputs that cause an error.
    func expectations(_ model: RoundingModel, of runs: [[String: Tensor]]) throws(RunError) -> [Expectation] {
        var expectations = try expectations(BoundOracle(model: model), of: runs)
        // A backend may also compute a composite as a whole and round once; an overflow of its parts in the narrow type
        // does not occur then.
        guard model.narrow != nil, graph.nodes.contains(where: { $0.operation.primitive == nil }) else {
            return expectations
        }
        let whole = try self.expectations(
            BoundOracle(model: RoundingModel(flushesDenormals: model.flushesDenormals), storing: model), of: runs)
        for (run, whole) in whole.enumerated() {
            for (index, output) in whole.outputs.enumerated() {
                expectations[run].outputs[index].value.alternative = output.value.bounds
            }
            expectations[run].undecidedBranches += whole.undecidedBranches
        }
        return expectations
    }

    private func expectations(
        _ oracle: BoundOracle, of runs: [[String: Tensor]]
    ) throws(RunError) -> [Expectation] {
        let session = try Program(graph, on: oracle).makeSession()
        var expectations: [Expectation] = []
        for inputs in runs {
            let counted = FloatingPointEnvironment.inStandard {
                Undecided.counting { () -> Result<[String: Tensor], RunError> in
                    do throws(RunError) {
                        return .success(try session.run(inputs))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            _ = try counted.result.get()
            // Each run copies out the graph's outputs, in their order.
            expectations.append(
                Expectation(
                    outputs: zip(graph.outputs, oracle.results.suffix(graph.outputs.count)).map { ($0.name, $1) },
                    undecidedBranches: counted.undecided))
        }
        return expectations
    }
}
