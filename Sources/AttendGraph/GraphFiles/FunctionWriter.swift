/// Converts a graph's own composites to functions, so that the file is independent of their code.
///
/// A composite defined in Swift becomes the parts of its decomposition. If two nodes of one composite decompose
/// differently (by attributes or shapes), a file can't represent both under one name, and writing throws.
struct FunctionWriter {
    private let graph: Graph
    private var bodies: [String: (body: JSONValue, node: String)] = [:]
    private var order: [String] = []
    /// Calls already processed: equal calls have equal parts.
    private var seen: Set<Call> = []

    private struct Call: Hashable {
        var operation: Operation
        var inputs: [TensorType?]
    }

    init(_ graph: Graph) { self.graph = graph }

    /// The functions used by the graph's nodes, inner ones first.
    mutating func functions() throws(GraphError) -> [JSONValue] {
        try collect(graph)
        return order.compactMap { bodies[$0]?.body }
    }

    private mutating func collect(_ part: Graph) throws(GraphError) {
        for node in part.nodes {
            guard let composite = part.composites[node.operation.versionedName] else { continue }
            let call = Call(operation: node.operation, inputs: node.inputs.map { $0.map { part.type(of: $0) } })
            guard seen.insert(call).inserted else { continue }
            guard node.operation.version == 1, node.operation.attributes.values.isEmpty else {
                throw .node(
                    name: node.name, operation: node.operation.name,
                    reason: "a file can hold only functions of version 1 without attributes; open the composite first")
            }
            let parts = try parts(of: composite, call, node: node.name, in: part)
            try collect(parts)
            let body =
                if let function = composite as? GraphFunction { try write(function, in: parts) } else {
                    try write(parts, composite)
                }
            try add(node.operation.name, body, for: node.name)
        }
    }

    private mutating func add(_ name: String, _ body: JSONValue, for node: String) throws(GraphError) {
        guard let earlier = bodies[name] else {
            bodies[name] = (body, node)
            order.append(name)
            return
        }
        guard earlier.body == body else {
            throw .node(
                name: node, operation: name,
                reason: "its parts here differ from those in \"\(earlier.node)\", so they can't share one function")
        }
    }

    private func parts(
        of composite: any CompositeOperation, _ call: Call, node: String, in part: Graph
    ) throws(GraphError) -> Graph {
        for (input, type) in zip(composite.schema.inputs, call.inputs) where type == nil {
            throw .node(
                name: node, operation: call.operation.name,
                reason: "a function in a file has no optional inputs, but \"\(input.name)\" was left out")
        }
        return try composite.opened(
            inputs: call.inputs, attributes: call.operation.attributes, wanted: Set(composite.schema.outputs),
            knowing: part.knownComposites)
    }

    private func inline(_ constants: [Graph.Constant]) throws(GraphError) -> [JSONValue] {
        do throws(ConstantError) {
            return try constants.map { constant throws(ConstantError) in try GraphWriter.inline(constant) }
        } catch {
            throw .constant(error)
        }
    }

    private func write(_ parts: Graph, _ composite: any CompositeOperation) throws(GraphError) -> JSONValue {
        let nodes = parts.nodes.map { part in
            let names = part.inputs.map { $0.map { parts.values[$0].name } }
            let schema = GraphWriter.schema(of: part.operation, in: parts)
            return GraphWriter.node(part.name, part.operation, inputs: GraphWriter.named(names, schema))
        }
        let outputs = parts.outputs.map { JSONValue.Member($0.name, .string(parts.values[$0.value].name)) }
        return function(
            composite.schema, try inline(parts.constants), nodes: nodes, outputs: outputs)
    }

    private func write(_ function: GraphFunction, in parts: Graph) throws(GraphError) -> JSONValue {
        let nodes = function.nodes.map { node in
            let schema = GraphWriter.schema(of: node.operation, in: parts)
            let inputs = node.inputs.sorted { $0.key < $1.key }.map { name, values -> (String, JSONValue) in
                (name, schema.isVariadic ? .array(values.map { .string($0) }) : .string(values[0]))
            }
            return GraphWriter.node(node.name, node.operation, inputs: inputs)
        }
        let outputs = function.schema.outputs.map {
            JSONValue.Member($0, .string(function.results[$0] ?? $0))
        }
        return self.function(
            function.schema, try inline(function.constants), nodes: nodes, outputs: outputs)
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
