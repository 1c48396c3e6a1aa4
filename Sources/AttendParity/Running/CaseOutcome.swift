package import AttendRuntime
import ReferenceBackend

/// How a backend did on one case.
public struct CaseOutcome: Sendable, Codable {
    public enum Verdict: Sendable, Codable {
        case passed
        case failed(CaseFailure)
        /// The backend has no kernel, nor one for the parts; its reason. Or the model's precision leaves nothing to judge.
        case unsupported(String)
        /// Nothing was learnt, and why. Not run is not passed.
        case notRun(String)
    }

    public var verdict: Verdict
    /// The operation was refused as a whole and ran in parts.
    public var isDecomposed = false
    /// The largest error as a share of its bound, over the elements that are right.
    public var worstShare = 0.0
    /// The same over float32 elements that are not asked to be correctly rounded.
    public var worstFreeShare = 0.0
    /// Elements about which the analysis says nothing.
    public var undecided = 0
    public var elementCount = 0
    /// Elements of all results, those included that were not looked at any more.
    public internal(set) var size = 0
    /// The kernels that ran, in order.
    public var kernels: [String] = []
    /// How often a planted fault acted; nil where none is planted.
    package var faultActs: Int?

    init(_ verdict: Verdict) { self.verdict = verdict }
}

/// What went wrong in a case.
public struct CaseFailure: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// A result is out of its bound.
        case wrong
        /// A plan's result has other bits than its nodes have when they run one by one.
        case planDiffers = "plan_differs"
        /// A second run gave other bits.
        case notRepeatable = "not_repeatable"
        /// Memory was written that is none of the result's.
        case trespass
        /// The backend took the operation on and then failed.
        case error
        /// A call of the backend left its thread rounding otherwise, or flushing denormals.
        case environment
        /// The backend refused without a reason, or what it takes at other times.
        case falseRefusal = "false_refusal"
        /// The process that ran the backend died: of a signal, or it ended on its own.
        case died
        /// The backend was still at work when the time was over.
        case timedOut = "timed_out"
    }

    public var kind: Kind
    /// The graph's output that shows it.
    public var output: String?
    /// The first element that is wrong.
    public var element: WrongElement?
    public var wrongCount = 0
    public var elementCount = 0
    /// One sentence on what happened.
    public var message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

extension CaseFailure: CustomStringConvertible {
    public var description: String { message }
}

/// What a case's results have to be.
public struct Expectation: Sendable {
    /// In the order of the graph's outputs.
    public var outputs: [(name: String, value: ExpectedTensor)]
    /// Branches that hang on more digits than are certain.
    public var undecidedBranches: Int
}

extension BuiltCase {
    /// Runs the oracle.
    ///
    /// - Throws: ``RunError`` where the case's inputs lead to an error, such as an index out of range.
    package func expectation(_ model: RoundingModel) throws(RunError) -> Expectation {
        var expectation = try expectation(BoundOracle(model: model))
        // A backend may as well compute a composite as a whole and round once: what its parts overflow to in the narrow type
        // is then not what it gives.
        guard model.narrow != nil, graph.nodes.contains(where: { $0.operation.primitive == nil }) else {
            return expectation
        }
        let whole = try self.expectation(
            BoundOracle(model: RoundingModel(flushesDenormals: model.flushesDenormals), storing: model))
        for (index, output) in whole.outputs.enumerated() {
            expectation.outputs[index].value.alternative = output.value.bounds
        }
        expectation.undecidedBranches += whole.undecidedBranches
        return expectation
    }

    private func expectation(_ oracle: BoundOracle) throws(RunError) -> Expectation {
        let counted = FloatingPointEnvironment.inStandard {
            Undecided.counting { () -> Result<[String: Tensor], RunError> in
                do throws(RunError) {
                    return .success(try graph.run(inputs, on: oracle))
                } catch {
                    return .failure(error)
                }
            }
        }
        _ = try counted.result.get()
        return Expectation(
            outputs: zip(graph.outputs, oracle.results).map { ($0.name, $1) }, undecidedBranches: counted.undecided)
    }
}
