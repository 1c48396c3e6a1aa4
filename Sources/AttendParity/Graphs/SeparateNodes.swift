import AttendRuntime

/// The execution of a graph's nodes one after another, each as a graph of its own with its own memory.
///
/// Each node graph includes the views between the node and computed values, so that its kernel gets the same layouts,
/// packed constants and requested outputs as in a plan of the whole graph: the bits must be the same.
struct SeparateNodes {
    /// The graph with all symbols bound.
    private let graph: Graph
    private let run: (Graph, [String: Tensor]) throws(RunError) -> [String: Tensor]
    private let needed: Set<Graph.ValueID>

    /// - Parameter run: Runs a graph of one node.
    init(
        _ graph: Graph, run: @escaping (Graph, [String: Tensor]) throws(RunError) -> [String: Tensor]
    ) {
        (self.graph, self.run) = (graph, run)
        var needed = Set(graph.outputs.map(\.value) + graph.states.compactMap(\.update))
        for node in graph.nodes.reversed() where node.outputs.contains(where: needed.contains) {
            needed.formUnion(node.inputs.compactMap(\.self))
        }
        self.needed = needed
    }

    /// The graph's outputs. States are zeros, as in a first run.
    func results(_ inputs: [String: Tensor]) throws(RunError) -> [String: Tensor] {
        var known: [Graph.ValueID: Tensor] = [:]
        for (id, value) in graph.values.enumerated() {
            switch value.source {
            case .input: known[id] = inputs[value.name]
            case .state: known[id] = try? Tensor(zeros: value.type.concreteShape ?? [], dtype: value.type.dtype)
            case .constant, .node: break
            }
        }
        let lastReads = lastReads()
        for (place, node) in graph.nodes.enumerated()
        where !isView(node) && node.outputs.contains(where: needed.contains) {
            let wanted = node.outputs.filter(needed.contains)
            for (id, tensor) in zip(wanted, try values(wanted, known)) { known[id] = tensor }
            for id in lastReads[place] { known[id] = nil }
        }
        let found = try graph.outputs.map { output throws(RunError) in try values([output.value], known)[0] }
        return Dictionary(uniqueKeysWithValues: zip(graph.outputs.map(\.name), found))
    }

    private func isView(_ node: Graph.Node) -> Bool {
        switch node.operation.primitive {
        case .stopGradient, .transpose, .broadcast, .slice, .reshape: true
        default: false
        }
    }

    /// The values that each node is the last to read, also through views; values of outputs are excluded.
    ///
    /// - Complexity: O(inputs of all nodes).
    private func lastReads() -> [[Graph.ValueID]] {
        var lastUse = graph.values.map { _ in -1 }
        for output in graph.outputs { lastUse[output.value] = .max }
        // Backwards, so that all readers of a view precede it.
        for (place, node) in graph.nodes.enumerated().reversed() {
            let use = isView(node) ? node.outputs.map { lastUse[$0] }.max() ?? -1 : place
            for input in node.inputs { if let input { lastUse[input] = max(lastUse[input], use) } }
        }
        var reads: [[Graph.ValueID]] = graph.nodes.map { _ in [] }
        for (id, place) in lastUse.enumerated() where reads.indices.contains(place) { reads[place].append(id) }
        return reads
    }

    // MARK: One node

    /// The values of one node, or of views of known values.
    private func values(_ ids: [Graph.ValueID], _ known: [Graph.ValueID: Tensor]) throws(RunError) -> [Tensor] {
        if ids.count == 1 {
            if let tensor = known[ids[0]] { return [tensor] }
            if case .constant(let index) = graph.values[ids[0]].source {
                do throws(ConstantError) {
                    return [try graph.constants[index].tensor]
                } catch {
                    throw .constant(error)
                }
            }
        }
        var inputs: [String: Tensor] = [:]
        let single: Graph
        do throws(GraphError) {
            let builder = GraphBuilder(graph.name, composites: Array(graph.composites.values))
            var made: [Graph.ValueID: Value] = [:]
            for (index, id) in ids.enumerated() {
                try builder.output("output\(index)", add(id, to: builder, known, &made, &inputs))
            }
            single = try builder.build()
        } catch {
            throw .graph(error)
        }
        let results = try run(single, inputs)
        return ids.indices.map { index in
            guard let tensor = results["output\(index)"] else { preconditionFailure("a run gives all outputs") }
            return tensor
        }
    }

    /// Adds a value with all nodes between it and known values. Iterative, because chains of views may be long.
    private func add(
        _ id: Graph.ValueID, to builder: GraphBuilder, _ known: [Graph.ValueID: Tensor],
        _ made: inout [Graph.ValueID: Value], _ inputs: inout [String: Tensor]
    ) throws(GraphError) -> Value {
        var open = [id]
        while let next = open.last {
            if made[next] == nil {
                let missing = try add(source: next, to: builder, known, &made, &inputs)
                guard missing.isEmpty else {
                    open += missing
                    continue
                }
            }
            open.removeLast()
        }
        guard let result = made[id] else { preconditionFailure("a node has all of its outputs") }
        return result
    }

    /// Adds one value.
    ///
    /// - Returns: The values to add first; if there are any, nothing was added.
    private func add(
        source id: Graph.ValueID, to builder: GraphBuilder, _ known: [Graph.ValueID: Tensor],
        _ made: inout [Graph.ValueID: Value], _ inputs: inout [String: Tensor]
    ) throws(GraphError) -> [Graph.ValueID] {
        if let tensor = known[id] {
            let name = "value \(id) of the graph"
            inputs[name] = tensor
            made[id] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
            return []
        }
        switch graph.values[id].source {
        case .constant(let index):
            made[id] = try builder.constant(graph.constants[index].content, named: "constant \(id) of the graph")
        case .node(let index, _):
            let node = graph.nodes[index]
            let missing = node.inputs.compactMap(\.self).filter { made[$0] == nil }
            guard missing.isEmpty else { return missing }
            let operands = node.inputs.map { $0.flatMap { made[$0] } }
            for (output, result) in zip(node.outputs, try apply(node, operands, builder)) { made[output] = result }
        case .input, .state: preconditionFailure("inputs and states are known")
        }
        return []
    }

    private func apply(
        _ node: Graph.Node, _ operands: [Value?], _ builder: GraphBuilder
    ) throws(GraphError) -> [Value] {
        let (operation, name) = (node.operation, node.name)
        if let primitive = operation.primitive {
            return [try builder.apply(primitive, operands.compactMap(\.self), operation.attributes, named: name)]
        }
        guard let schema = graph.composite(named: operation.versionedName)?.schema else {
            preconditionFailure("a graph's composites are known")
        }
        var named: [String: Value] = [:]
        for (slot, value) in zip(schema.inputs, operands) { named[slot.name] = value }
        return try builder.apply(
            operation.name, version: operation.version, inputs: named, attributes: operation.attributes, named: name)
    }
}
