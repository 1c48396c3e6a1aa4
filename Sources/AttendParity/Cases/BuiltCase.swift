package import AttendRuntime
import ReferenceBackend

/// A case ready to run: a graph and its inputs.
package struct BuiltCase: Sendable {
    package var graph: Graph
    package var inputs: [String: Tensor]
    /// The same inputs with other values, for a run of the same kernels in between.
    package var others: [String: Tensor]
    /// Runs that must end with an error.
    package var dueErrors: [DueError] = []
    /// The inputs of each run in one session, for a graph with states; empty for a case that runs with ``inputs``.
    private(set) var stateRuns: [[String: Tensor]] = []
    /// The same runs with other values, for a second session.
    private(set) var otherStateRuns: [[String: Tensor]] = []
    /// Whether 0 and −0 differ, for operations that only move elements.
    var keepsZeroSigns = false
    /// Whether the graph's only node is offered to the backend directly; the planner would treat it as a view.
    var isDirect = false
    /// Whether the graph has several operations; each node is then also judged separately.
    var isGraph = false
    /// The minimum number of runs.
    package var runCount = 1
    /// Inner values of the operation to capture in the backend's run, so that it computes the operation in parts. The
    /// expected results are those of the whole operation.
    var captures: [String] = []

    /// - Parameter others: Other values of some inputs; the rest is equal in both runs.
    package init(graph: Graph, inputs: [String: Tensor], others: [String: Tensor] = [:]) {
        self.graph = graph
        self.inputs = inputs
        self.others = inputs.merging(others) { $1 }
    }

    /// Makes the case one of several runs in a session; the inputs are those of the first one.
    mutating func setRuns(_ runs: [[String: Tensor]], others: [[String: Tensor]]) {
        (stateRuns, otherStateRuns) = (runs, others)
        (inputs, self.others) = (runs.first ?? [:], others.first ?? [:])
    }

    /// The number of elements of all inputs.
    var elementCount: Int { inputs.values.reduce(0) { $0 + $1.elementCount } }

    /// The number of elements of all outputs.
    var outputCount: Int {
        graph.outputs.reduce(0) { $0 + (graph.type(of: $1.value).concreteShape ?? []).reduce(1, *) }
    }

    /// Whether the case can be a member of a crowd: planned, with few elements, and as a whole, because a backend may
    /// not support its parts.
    var fitsCrowd: Bool { !isDirect && stateRuns.isEmpty && captures.isEmpty && elementCount <= 1 << 14 }

    /// The graph as a program for a run of the case: without passes, which have cases of their own, and with a buffer for
    /// each value, so that writes past its end are detected.
    func program(on backend: any ComputeBackend) -> Program {
        Program(graph, on: backend, optimizer: .none, memory: .buffers)
    }

    /// The outputs of a run in a session of the program, in the graph's order.
    func outputs(of session: Session, for inputs: [String: Tensor]) throws(RunError) -> [Tensor] {
        let results = try session.run(inputs, capture: captures)
        return graph.outputs.compactMap { results[$0.name] }
    }

    /// The case with the other values as its inputs.
    var withOthers: BuiltCase {
        var other = self
        other.inputs = others
        return other
    }

    /// The case with inputs rounded to the model's precision. A backend of lower precision rounds other inputs wherever
    /// it copies them, and then few comparisons would be certain.
    func rounded(for model: RoundingModel) -> BuiltCase {
        guard let narrow = model.narrow else { return self }
        var built = self
        func rounded(_ tensor: Tensor) -> Tensor {
            guard case .float32(let floats) = tensor.storage else { return tensor }
            return CaseValues.tensor(.float32(floats.map { Float(Double($0).rounded(to: narrow)) }), tensor.shape)
        }
        built.inputs = inputs.mapValues(rounded)
        built.others = others.mapValues(rounded)
        built.stateRuns = stateRuns.map { $0.mapValues(rounded) }
        built.otherStateRuns = otherStateRuns.map { $0.mapValues(rounded) }
        return built
    }
}
