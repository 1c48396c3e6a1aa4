public import AttendRuntime

/// What came of a whole graph on a backend: its plan's steps, each held against the oracle on the backend's own inputs.
public struct GraphParityReport: Sendable {
    /// One kernel of the plan.
    public struct Step: Sendable {
        public enum Outcome: Sendable {
            case right
            /// Out of its bound. `output` names the operation's result where it has several.
            case wrong(output: String?, Comparison)
            /// The oracle's own course hangs on digits that are not certain; why.
            case open(String)
            /// The oracle can't run it; why. A graph with such a step does not pass.
            case unjudged(String)
        }

        /// The node's path, its operation and its kernel.
        public let place: Plan.Placement
        public internal(set) var outcome = Outcome.right
        public internal(set) var elementCount = 0
        /// Elements about which the analysis says nothing.
        public internal(set) var undecided = 0
        /// The largest error as a share of its bound, over the elements that are right.
        public internal(set) var worstShare = 0.0
        public internal(set) var oracleSeconds = 0.0

        init(_ place: Plan.Placement) { self.place = place }

        public var isWrong: Bool { if case .wrong = outcome { true } else { false } }
    }

    /// The plan gave other bits than its nodes run one after another, each in memory of its own.
    public struct PlanDifference: Sendable, Hashable {
        /// The first step that read or gave something else, where one did; `read` tells which.
        public internal(set) var node: String?
        public internal(set) var hasReadOther = false
        /// The graph's output that shows it, where one does.
        public internal(set) var output: String?
        /// The first element of the output whose bits differ.
        public internal(set) var index: [Int] = []
        public internal(set) var value = Double.nan
        public internal(set) var expected = Double.nan
    }

    /// What passes made of the graph means something else than the graph as it was written.
    public struct PassDifference: Sendable, Hashable {
        /// The graph's output that shows it.
        public let output: String
        /// The first element that differs; nil where the types do.
        public var index: [Int]?
        /// A number, or a type.
        public let expected: String
        public let found: String
    }

    public let graph: String
    public let device: DeviceDescription
    /// In the order in which they ran. Copies between backends, which are no kernels, are not among them.
    public internal(set) var steps: [Step] = []
    /// How many steps the plan has.
    public internal(set) var stepCount = 0
    /// nil where plan and nodes agree, or were not compared.
    public internal(set) var planDifference: PlanDifference?
    /// Whether they were compared.
    public internal(set) var comparedNodes = false
    /// nil where the optimized graph means what the graph does, or was not compared.
    public internal(set) var passDifference: PassDifference?
    /// Whether they were compared.
    public internal(set) var comparedPasses = false
    /// What a kernel did to memory that is not its own.
    public internal(set) var trespass: String?
    /// The backend failed in the middle of the run.
    public internal(set) var failure: String?
    public internal(set) var seconds = 0.0

    init(graph: String, device: DeviceDescription) { (self.graph, self.device) = (graph, device) }

    /// The first step that is out of its bound: it was given right inputs, or its own predecessors' at least, and gave a wrong
    /// result.
    public var firstDivergence: Step? { steps.first(where: \.isWrong) }

    public var unjudged: [Step] {
        steps.filter { if case .unjudged = $0.outcome { true } else { false } }
    }

    /// True when all of the plan ran, each step inside its bound, the plan has the bits of its nodes, and passes changed nothing.
    public var passes: Bool {
        steps.count == stepCount && firstDivergence == nil && unjudged.isEmpty && planDifference == nil
            && passDifference == nil && trespass == nil && failure == nil
    }
}

extension GraphParityReport.Step: CustomStringConvertible {
    /// `node layers_3_up (linear.v1)`
    public var title: String { "node \(place.node) (\(place.operation))" }

    /// What is wrong, or why nothing was learnt; nil for a step that is right.
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

    public var description: String { complaint.map { "\(title): \($0)" } ?? "\(title) is right" }
}

extension GraphParityReport.PassDifference: CustomStringConvertible {
    public var description: String {
        let place = index.map { "element \($0) of \(output)" } ?? output
        return
            "the optimized graph means something else: \(place) is \(found), \(expected) without passes, both in float64"
    }
}

extension GraphParityReport.PlanDifference: CustomStringConvertible {
    public var description: String {
        var text = "the plan has other bits than its nodes run one by one"
        if let output {
            text += ": \(output): element \(index) is \(value), \(expected) in a run node by node"
        }
        if let node {
            text +=
                hasReadOther
                ? "; node \(node) is the first that read something else than what was computed for it"
                : "; node \(node) is the first that gave something else for the same inputs"
        }
        return text
    }
}
