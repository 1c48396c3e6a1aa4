/// Writes a graph's own composites as functions, so that the file needs no code of theirs.
///
/// A composite that was written in Swift becomes the parts that its decomposition gives; where two
/// nodes of one composite decompose differently (by attributes or shapes) a file can't carry it
/// under one name, and writing says so.
struct FunctionWriter {
    private let graph: Graph

    init(_ graph: Graph) { self.graph = graph }

    func functions() throws(GraphError) -> [JSONValue] {
        var bodies: [String: (body: JSONValue, node: String)] = [:]
        var order: [String] = []
        for node in graph.nodes {
            guard let composite = graph.composites[node.operation.versionedName] else { continue }
            for function in inner(of: composite) where bodies[function.schema.name] == nil {
                bodies[function.schema.name] = (write(function), node.name)
                order.append(function.schema.name)
            }
            let name = node.operation.name
            guard node.operation.version == 1, node.operation.attributes.values.isEmpty else {
                throw .node(
                    name: node.name, operation: name,
                    reason:
                        "a file carries functions of version 1 and without attributes only; open the composite first")
            }
            let body = try body(of: composite, node)
            guard let earlier = bodies[name] else {
                bodies[name] = (body, node.name)
                order.append(name)
                continue
            }
            guard earlier.body == body else {
                throw .node(
                    name: node.name, operation: name,
                    reason:
                        "it means other parts here than in \"\(earlier.node)\", so one function can't stand for both")
            }
        }
        return order.compactMap { bodies[$0]?.body }
    }

    /// The functions that a function calls, the innermost first.
    private func inner(of composite: any CompositeOperation) -> [GraphFunction] {
        guard let function = composite as? GraphFunction else { return [] }
        return function.nodes.flatMap { node -> [GraphFunction] in
            guard let called = graph.composites[node.operation.versionedName] as? GraphFunction else { return [] }
            return inner(of: called) + [called]
        }
    }

    private func body(of composite: any CompositeOperation, _ node: Graph.Node) throws(GraphError) -> JSONValue {
        if let function = composite as? GraphFunction { return write(function) }
        for (input, value) in zip(composite.schema.inputs, node.inputs) where value == nil {
            throw .node(
                name: node.name, operation: node.operation.name,
                reason: "a function in a file has no optional inputs, but \"\(input.name)\" was left out")
        }
        let parts = try composite.opened(
            inputs: node.inputs.map { $0.map { graph.type(of: $0) } }, attributes: node.operation.attributes,
            wanted: Set(composite.schema.outputs), knowing: graph.composites)
        let nodes = parts.nodes.map { part in
            let names = part.inputs.map { $0.map { parts.values[$0].name } }
            let schema = GraphWriter.schema(of: part.operation, in: parts)
            return GraphWriter.node(part.name, part.operation, inputs: GraphWriter.named(names, schema))
        }
        let outputs = parts.outputs.map { JSONValue.Member($0.name, .string(parts.values[$0.value].name)) }
        return function(
            composite.schema, parts.constants.map(GraphWriter.inline), nodes: nodes, outputs: outputs)
    }

    private func write(_ function: GraphFunction) -> JSONValue {
        let nodes = function.nodes.map { node in
            let schema = GraphWriter.schema(of: node.operation, in: graph)
            let inputs = node.inputs.sorted { $0.key < $1.key }.map { name, values -> (String, JSONValue) in
                (name, schema.isVariadic ? .array(values.map { .string($0) }) : .string(values[0]))
            }
            return GraphWriter.node(node.name, node.operation, inputs: inputs)
        }
        let outputs = function.schema.outputs.map {
            JSONValue.Member($0, .string(function.results[$0] ?? $0))
        }
        return self.function(
            function.schema, function.constants.map(GraphWriter.inline), nodes: nodes, outputs: outputs)
    }

    private func function(
        _ schema: OperationSchema, _ constants: [JSONValue], nodes: [JSONValue], outputs: [JSONValue.Member]
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(schema.name)), .init("inputs", .array(schema.inputs.map { .string($0.name) }))
        ]
        if !constants.isEmpty { members.append(.init("constants", .array(constants))) }
        members.append(.init("nodes", .array(nodes)))
        members.append(.init("outputs", .object(outputs)))
        return .object(members)
    }
}
