extension Graph {
    /// Writes the graph to `path`, with constants of more than 16 elements in a safetensors file beside it. O(bytes).
    ///
    /// Custom composites are written as functions. Each file appears only when complete.
    ///
    /// - Throws: ``GraphFileError``, such as for a full disk or an unwritable folder, or for a custom composite that
    ///   can't be written as a function: one with attributes, omitted inputs, another version than 1, or differing
    ///   decompositions.
    public func write(to path: String) throws(GraphFileError) {
        try GraphFileError.at(path) {
            let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
            let folder = String(path.dropLast(name.count))
            let stem = name.hasSuffix(".json") ? String(name.dropLast(5)) : name
            var writer = GraphWriter(graph: self, weightsFile: "\(stem).safetensors")
            let text = try writer.json().serialized(pretty: true)
            if !writer.weights.isEmpty {
                try SafetensorsFile.write(writer.weights, to: folder + writer.weightsFile)
            }
            try OutputFile.write(Array((text + "\n").utf8), to: path)
        }
    }
}

/// Converts a graph to the JSON of its file.
struct GraphWriter {
    let graph: Graph
    let weightsFile: String
    /// The constants of the safetensors file.
    private(set) var weights: [String: Tensor] = [:]

    /// Maximum number of elements of a constant in the JSON.
    private static let inlineLimit = 16

    init(graph: Graph, weightsFile: String) {
        self.graph = graph
        self.weightsFile = weightsFile
    }

    mutating func json() throws -> JSONValue {
        var members: [JSONValue.Member] = [.init("attend", .integer(1)), .init("name", .string(graph.name))]
        func add(_ key: String, _ value: [JSONValue]) {
            if !value.isEmpty { members.append(.init(key, .array(value))) }
        }
        add("inputs", graph.inputs.map { declaration(graph.values[$0]) })
        add("states", graph.states.map { declaration(graph.values[$0.value]) })
        var constants: [JSONValue] = []
        for constant in graph.constants { constants.append(try self.constant(constant)) }
        add("constants", constants)
        var functions = FunctionWriter(graph)
        add("functions", try functions.functions())
        add(
            "nodes",
            graph.nodes.map { node in
                GraphWriter.node(node.name, node.operation, inputs: named(node.inputs, of: node.operation))
            })
        members.append(
            .init("outputs", .object(graph.outputs.map { .init($0.name, .string(graph.values[$0.value].name)) })))
        let updates = graph.states.compactMap { state in
            state.update.map { JSONValue.Member(state.name, .string(graph.values[$0].name)) }
        }
        if !updates.isEmpty { members.append(.init("updates", .object(updates))) }
        return .object(members)
    }

    private func declaration(_ value: Graph.Value) -> JSONValue {
        .object([
            .init("name", .string(value.name)), .init("dtype", .string(value.type.dtype.rawValue)),
            .init("shape", .array(value.type.shape.map(\.json)))
        ])
    }

    private mutating func constant(_ constant: Graph.Constant) throws(ConstantError) -> JSONValue {
        if constant.content.elementCount <= GraphWriter.inlineLimit { return try GraphWriter.inline(constant) }
        weights[constant.name] = try constant.tensor
        return .object([
            .init("name", .string(constant.name)), .init("file", .string(weightsFile)),
            .init("tensor", .string(constant.name))
        ])
    }

    static func inline(_ constant: Graph.Constant) throws(ConstantError) -> JSONValue {
        .object([
            .init("name", .string(constant.name)), .init("dtype", .string(constant.content.dtype.rawValue)),
            .init("shape", .array(constant.content.shape.map { .integer($0) })),
            .init("data", .array(try constant.tensor.jsonElements))
        ])
    }

    /// Inputs by their schema's names; a variadic input is a list.
    private func named(_ inputs: [Graph.ValueID?], of operation: Operation) -> [(String, JSONValue)] {
        GraphWriter.named(inputs.map { $0.map { graph.values[$0].name } }, GraphWriter.schema(of: operation, in: graph))
    }

    static func schema(of operation: Operation, in graph: Graph) -> OperationSchema {
        if let primitive = operation.primitive { return primitive.schema }
        guard let composite = graph.composite(named: operation.versionedName) else {
            preconditionFailure("a verified graph knows its operations: \(operation.versionedName)")
        }
        return composite.schema
    }

    static func named(_ names: [String?], _ schema: OperationSchema) -> [(String, JSONValue)] {
        if schema.isVariadic { return [(schema.inputs[0].name, .array(names.compactMap { $0.map { .string($0) } }))] }
        return zip(schema.inputs, names).compactMap { input, name in name.map { (input.name, .string($0)) } }
    }

    static func node(_ name: String, _ operation: Operation, inputs: [(String, JSONValue)]) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(name)),
            .init("op", .string(operation.version == 1 ? operation.name : operation.versionedName))
        ]
        if !inputs.isEmpty { members.append(.init("inputs", .object(inputs.map { .init($0, $1) }))) }
        let attributes = operation.attributes.values.sorted { $0.key < $1.key }
        if !attributes.isEmpty {
            members.append(.init("attributes", .object(attributes.map { .init($0.key, $0.value.json) })))
        }
        return .object(members)
    }
}

extension Size {
    fileprivate var json: JSONValue {
        divisors.isEmpty ? constant.map { .integer($0) } ?? .string(description) : .string(fileText)
    }
}

extension AttributeValue {
    fileprivate var json: JSONValue {
        switch self {
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .special(number)
        case .string(let text): .string(text)
        case .dtype(let dtype): .string(dtype.rawValue)
        case .integers(let numbers): .array(numbers.map { .integer($0) })
        case .sizes(let sizes): .array(sizes.map(\.json))
        }
    }
}

extension JSONValue {
    /// A number, or the word for infinity or NaN, which JSON lacks.
    fileprivate static func special(_ number: Double) -> JSONValue {
        if number.isNaN { return .string("nan") }
        if number.isInfinite { return .string(number < 0 ? "-inf" : "inf") }
        return .number(number)
    }
}

extension Tensor {
    fileprivate var jsonElements: [JSONValue] {
        switch storage {
        // A float's shortest text reads back as the same float.
        case .float32(let values): values.map { .special(Double("\($0)") ?? Double($0)) }
        case .float16(let bits): bits.map { .special(Double(NarrowFloat.float(float16: $0))) }
        case .bfloat16(let bits): bits.map { .special(Double(NarrowFloat.float(bfloat16: $0))) }
        case .int32(let values): values.map { .integer(Int($0)) }
        case .int64(let values): values.map { .integer(Int($0)) }
        case .bool(let values): values.map { .bool($0 != 0) }
        }
    }
}
