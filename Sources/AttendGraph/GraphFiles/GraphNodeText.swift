/// A node as in a file, with inputs by name.
struct NodeText {
    let name: String
    let operation: Operation
    let inputs: [String: [String]]

    init(_ node: JSONNode) throws {
        try node.allow(["name", "op", "inputs", "attributes"])
        name = try node.required("name").string()
        do {
            let (operation, version) = NodeText.versioned(try node.required("op").string())
            var inputs: [String: [String]] = [:]
            for (input, value) in try node.optional("inputs")?.members() ?? [] {
                if case .array = value.value {
                    inputs[input] = try value.elements().map { try $0.string() }
                } else {
                    inputs[input] = [try value.string()]
                }
            }
            self.inputs = inputs
            var attributes = Attributes()
            for (key, value) in try node.optional("attributes")?.members() ?? [] {
                attributes[key] = try value.attribute()
            }
            self.operation = Operation(operation, version: version, attributes: attributes)
        } catch let error as JSONError {
            throw GraphContentError(place: "node \"\(name)\"", reason: error.description)
        } catch let error as GraphContentError {
            throw GraphContentError(place: "node \"\(name)\", \(error.place)", reason: error.reason)
        }
    }

    /// Name and version; `attention` is `attention.v1`.
    static func versioned(_ name: String) -> (String, Int) {
        guard let dot = name.lastIndex(of: "."), name[dot...].hasPrefix(".v"),
            let version = Int(name[dot...].dropFirst(2)), version > 0, !name[dot...].contains("+")
        else { return (name, 1) }
        return (String(name[..<dot]), version)
    }
}

/// Sorts nodes topologically.
struct NodeOrder {
    private let nodes: [NodeText]
    private let producers: [String: Int]
    private let known: Set<String>

    init(_ nodes: [NodeText], known: Set<String>) throws(GraphError) {
        self.nodes = nodes
        self.known = known
        var producers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            guard producers.updateValue(index, forKey: node.name) == nil, !known.contains(node.name) else {
                throw .duplicateName(node.name)
            }
        }
        self.producers = producers
    }

    /// Depth first, keeping the file's order if possible.
    func sorted() throws(GraphError) -> [NodeText] {
        enum Mark { case open, done }
        var marks: [Int: Mark] = [:]
        var order: [NodeText] = []
        for start in nodes.indices where marks[start] == nil {
            // An explicit stack: recursion on a long file could overflow the program's.
            var path = [(node: start, needs: dependencies(of: start), next: 0)]
            marks[start] = .open
            while let top = path.last {
                guard top.next < top.needs.count else {
                    marks[top.node] = .done
                    order.append(nodes[top.node])
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let need = top.needs[top.next]
                switch marks[need] {
                case .done: continue
                case .open:
                    let cycle = path.drop { $0.node != need }.map { nodes[$0.node].name }
                    throw .cycle(cycle + [nodes[need].name])
                case nil:
                    marks[need] = .open
                    path.append((need, dependencies(of: need), 0))
                }
            }
        }
        return order
    }

    private func dependencies(of index: Int) -> [Int] {
        nodes[index].inputs.sorted { $0.key < $1.key }.flatMap(\.value).compactMap { name in
            producers[name] ?? name.firstIndex(of: ".").flatMap { producers[String(name[..<$0])] }
        }
    }
}

/// Parses an entry of `functions`.
enum FunctionReader {
    static func function(
        _ node: JSONNode, constant: (JSONNode) throws -> Graph.Constant
    ) throws -> GraphFunction {
        try node.allow(["name", "inputs", "constants", "nodes", "outputs"])
        let name = try node.required("name").string()
        guard !name.isEmpty, !name.contains(".") else {
            throw GraphError.badName(name, reason: "a function's name must not be empty or contain a dot")
        }
        var inputs: [String] = []
        for input in try node.required("inputs").elements() {
            if case .string(let name) = input.value {
                inputs.append(name)
            } else {
                try input.allow(["name"])
                inputs.append(try input.required("name").string())
            }
        }
        let constants = try (node.optional("constants")?.elements() ?? []).map(constant)
        let texts = try node.required("nodes").elements().map { try NodeText($0) }
        var known: Set<String> = []
        for name in inputs + constants.map(\.name) where !known.insert(name).inserted {
            throw GraphError.duplicateName(name)
        }
        let nodes = try NodeOrder(texts, known: known).sorted().map {
            GraphFunction.Node(name: $0.name, operation: $0.operation, inputs: $0.inputs)
        }
        let outputs = try node.required("outputs").members().map { (name: $0.key, value: try $0.node.string()) }
        guard !outputs.isEmpty else {
            throw GraphContentError(place: "function \"\(name)\"", reason: "it has no outputs")
        }
        return GraphFunction(name, inputs: inputs, constants: constants, nodes: nodes, outputs: outputs)
    }
}
