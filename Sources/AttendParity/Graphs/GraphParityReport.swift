public import AttendRuntime

/// The report on a whole graph on a backend: the steps of its plan, each compared with the oracle on the backend's own
/// inputs.
public struct GraphParityReport: Sendable {
    /// The result for one kernel of the plan.
    public struct Step: Sendable {
        /// The result of a comparison with the oracle.
        public enum Outcome: Sendable {
            /// All elements are within their bounds.
            case right
            /// An element is outside its bound. `output` is the name of the operation's result, if it has several.
            case wrong(output: String?, Comparison)
            /// The comparison is inconclusive, with the reason: the oracle's control flow depends on uncertain digits.
            case open(String)
            /// The oracle can't run the operation, with the reason. A graph with such a step does not pass.
            case unjudged(String)
        }

        /// The node's path, operation and kernel.
        public let place: Plan.Placement
        /// The result of the comparison.
        public internal(set) var outcome = Outcome.right
        /// The number of elements in all results.
        public internal(set) var elementCount = 0
        /// The number of elements without a bound.
        public internal(set) var undecided = 0
        /// The largest error as a share of its bound, over correct elements.
        public internal(set) var worstShare = 0.0
        /// The time of the oracle in seconds.
        public internal(set) var oracleSeconds = 0.0

        init(_ place: Plan.Placement) { self.place = place }

        /// Whether an element is outside its bound.
        public var isWrong: Bool { if case .wrong = outcome { true } else { false } }
    }

    /// A difference in bits between the plan and its nodes run one after another, each in memory of its own.
    public struct PlanDifference: Sendable, Hashable {
        /// The first step with different inputs or results; nil if there is none. See ``hasReadOther``.
        public internal(set) var node: String?
        /// Whether the step's inputs differ, not only its results.
        public internal(set) var hasReadOther = false
        /// The first output of the graph that differs; nil if there is none.
        public internal(set) var output: String?
        /// The index of the first element of the output whose bits differ.
        public internal(set) var index: [Int] = []
        /// The element's value in the plan.
        public internal(set) var value = Double.nan
        /// The element's value in the separate nodes.
        public internal(set) var expected = Double.nan
    }

    /// A difference in meaning between the optimized graph and the original one.
    public struct PassDifference: Sendable, Hashable {
        /// The output of the graph that differs.
        public let output: String
        /// The index of the first element that differs; nil for different types.
        public var index: [Int]?
        /// The original graph's number or type.
        public let expected: String
        /// The optimized graph's number or type.
        public let found: String
    }

    /// The graph's name.
    public let graph: String
    /// The device of the backend.
    public let device: DeviceDescription
    /// The steps in execution order, without copies between backends.
    public internal(set) var steps: [Step] = []
    /// The number of steps in the plan.
    public internal(set) var stepCount = 0
    /// The difference between the plan and its separate nodes; nil if they agree, or were not compared.
    public internal(set) var planDifference: PlanDifference?
    /// Whether the plan was compared with its separate nodes.
    public internal(set) var comparedNodes = false
    /// The difference between the optimized graph and the original; nil if they agree, or were not compared.
    public internal(set) var passDifference: PassDifference?
    /// Whether the optimized graph was compared with the original.
    public internal(set) var comparedPasses = false
    /// The description of a write outside a kernel's own memory; nil if there was none.
    public internal(set) var trespass: String?
    /// The error that ended the run; nil if it completed.
    public package(set) var failure: String?
    /// The time of the whole report in seconds.
    public internal(set) var seconds = 0.0

    init(graph: String, device: DeviceDescription) { (self.graph, self.device) = (graph, device) }

    /// The first step outside its bound. Its result is wrong for its own inputs, so the error is not inherited from
    /// earlier steps.
    public var firstDivergence: Step? { steps.first(where: \.isWrong) }

    /// The steps that the oracle can't run.
    public var unjudged: [Step] {
        steps.filter { if case .unjudged = $0.outcome { true } else { false } }
    }

    /// Whether the whole plan ran, each step is within its bound, the plan has the bits of its separate nodes, and
    /// passes changed no result.
    public var passes: Bool {
        steps.count == stepCount && firstDivergence == nil && unjudged.isEmpty && planDifference == nil
            && passDifference == nil && trespass == nil && failure == nil
    }
}

extension GraphParityReport.Step: CustomStringConvertible {
    /// The node and operation, such as `node layers_3_up (linear.v1)`.
    public var title: String { "node \(place.node) (\(place.operation))" }

    /// The error, or the reason of an inconclusive result; nil for a correct step.
    public var complaint: String? {
        switch outcome {
        case .right: return nil
        case .open(let reason), .unjudged(let reason): return reason
        case .wrong(let output, let comparison):
            var text = output.map { "\($0): " } ?? ""
            text += comparison.first.map { "\($0)" } ?? comparison.complaint ?? "it differs"
            if comparison.wrongCount > 1 {
                text += "; \(comparison.wrongCount) of \(comparison.elementCount) elements are wrong"
            }
            return text
        }
    }

    /// The title with the complaint, one line.
    public var description: String { complaint.map { "\(title): \($0)" } ?? "\(title) is right" }
}

extension GraphParityReport.PassDifference: CustomStringConvertible {
    /// The output, the element and both values, one line.
    public var description: String {
        let place = index.map { "element \($0) of \(output)" } ?? output
        return
            """
            the optimized graph computes a different result: \(place) is \(found), \(expected) without passes, both \
            in float64
            """
    }
}

extension GraphParityReport.PlanDifference: CustomStringConvertible {
    /// The step, the output and both values, one line.
    public var description: String {
        var text = "the plan's bits differ from a node-by-node run"
        if let output {
            text += ": \(output): element \(index) is \(value), \(expected) node by node"
        }
        if let node {
            text +=
                hasReadOther
                ? "; node \(node) is the first with an input other than the one computed for it"
                : "; node \(node) is the first with a different result for the same inputs"
        }
        return text
    }
}
