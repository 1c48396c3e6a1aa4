/// A composite defined by a list of nodes: an entry of `functions` in a graph file.
public struct GraphFunction: CompositeOperation {
    /// A node with inputs by name: of the function's inputs, its constants or earlier nodes.
    public struct Node: Sendable, Hashable {
        /// Unique within the function.
        public var name: String
        /// The operation with its attributes.
        public var operation: Operation
        /// Value names by input name; one name per input, except for variadic operations.
        public var inputs: [String: [String]]

        /// A node of these properties.
        public init(name: String, operation: Operation, inputs: [String: [String]]) {
            self.name = name
            self.operation = operation
            self.inputs = inputs
        }
    }

    /// Inputs and outputs; a function has version 1, no attributes and no optional inputs.
    public let schema: OperationSchema
    /// Constants available to the nodes by name.
    public let constants: [Graph.Constant]
    /// The nodes in topological order.
    public let nodes: [Node]
    /// The value names of the outputs, by output name.
    public let results: [String: String]

    /// A function. Nothing is checked before it is called; `nodes` must be in topological order.
    public init(
        _ name: String, inputs: [String], constants: [Graph.Constant] = [], nodes: [Node],
        outputs: [(name: String, value: String)]
    ) {
        schema = OperationSchema(name, inputs: inputs.map { .init($0, optional: false) }, outputs: outputs.map(\.name))
        self.constants = constants
        self.nodes = nodes
        results = Dictionary(outputs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Adds the function's nodes to the call's graph.
    ///
    /// - Throws: ``GraphError/unknownValue(name:place:hint:)`` for an undefined name; other ``GraphError`` cases from
    ///   the nodes.
    public func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value] {
        var known: [String: Value] = [:]
        for input in schema.inputs { known[input.name] = call[input.name] }
        for constant in constants { known[constant.name] = try call.graph.constant(constant.content) }
        func lookUp(_ name: String, in place: String) throws(GraphError) -> Value {
            guard let value = known[name] else {
                throw .unknownValue(
                    name: name, place: "function \"\(schema.name)\", \(place)",
                    hint: Nearest.hint(for: name, among: known.keys.sorted()))
            }
            return value
        }
        for node in nodes {
            var inputs: [String: [Graph.ValueID]] = [:]
            for (input, names) in node.inputs {
                var list: [Graph.ValueID] = []
                for name in names { list.append(try lookUp(name, in: "node \"\(node.name)\"").id) }
                inputs[input] = list
            }
            let schema = try call.graph.schema(of: node.operation, node: node.name)
            let slots = try call.graph.matchInputs(inputs, to: schema, node: node.name)
            let outputs = try call.graph.append(node.operation, inputs: slots)
            for (output, value) in zip(schema.outputs, outputs) {
                let name = output == schema.outputs.first ? node.name : "\(node.name).\(output)"
                known[name] = value
                try call.offer(name) { () throws(GraphError) in value }
            }
        }
        var values: [String: Value] = [:]
        for output in schema.outputs where call.wanted.contains(output) {
            values[output] = try lookUp(results[output] ?? output, in: "output \"\(output)\"")
        }
        return values
    }
}
