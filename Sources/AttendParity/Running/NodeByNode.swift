import AttendCore

/// A graph's nodes run one after another, each on what the backend itself computed before, and each held against the
/// oracle on the same inputs: so bounds stay those of one operation however deep the graph, and the first node that
/// is wrong is named.
struct NodeByNode {
    private let graph: Graph
    private let model: RoundingModel

    init(_ graph: Graph, model: RoundingModel) { (self.graph, self.model) = (graph, model) }

    /// The first node whose result is out of its bound.
    struct Divergence {
        var node: String
        var operation: String
        var comparison: Comparison

        var description: String {
            "node \(node) (\(operation)) is the first that is wrong: "
                + (comparison.first.map { "\($0)" } ?? comparison.complaint ?? "it differs")
        }
    }

    func firstDivergence(_ inputs: [String: Tensor], on backend: any ComputeBackend) throws(RunError) -> Divergence? {
        var known: [Graph.ValueID: Tensor] = [:]
        for (id, value) in graph.values.enumerated() {
            switch value.source {
            case .input: known[id] = inputs[value.name]
            case .constant(let index): known[id] = graph.constants[index].tensor
            case .state, .node: break
            }
        }
        for node in graph.nodes {
            let single = try oneNode(node, known)
            let results = try single.graph.run(single.inputs, on: backend)
            let expectation = try single.expectation(model)
            for (output, expected) in zip(single.graph.outputs, expectation.outputs) {
                guard let found = results[output.name] else { continue }
                let comparison = expected.value.compare(found)
                // A branch that hangs on uncertain digits says nothing about the backend.
                guard comparison.isRight || expectation.undecidedBranches > 0 else {
                    return Divergence(
                        node: node.name, operation: node.operation.versionedName, comparison: comparison)
                }
            }
            for (index, id) in node.outputs.enumerated() { known[id] = results["output\(index)"] }
        }
        return nil
    }

    private func oneNode(_ node: Graph.Node, _ known: [Graph.ValueID: Tensor]) throws(RunError) -> BuiltCase {
        func operand(_ id: Graph.ValueID) -> Operand {
            let type = graph.type(of: id)
            return Operand(dtype: type.dtype, layout: Layout(dense: type.concreteShape ?? []))
        }
        let request = KernelRequest(
            operation: node.operation, inputs: node.inputs.map { $0.map(operand) },
            outputs: node.outputs.map { operand($0) })
        var inputs: [String: Tensor] = [:]
        for (index, id) in node.inputs.enumerated() {
            if let id, let tensor = known[id] { inputs["input\(index)"] = tensor }
        }
        do throws(GraphError) {
            let single = try OneNodeGraph.make(request) { builder, values throws(GraphError) in
                try OneNodeGraph.apply(request, request.attributes, builder, values)
            }
            return BuiltCase(graph: single, inputs: inputs)
        } catch {
            preconditionFailure("a node of a graph is a graph by itself: \(error)")
        }
    }
}
