extension Graph {
    /// Reads a graph file, version 1, and the safetensors files that it refers to, in its folder. O(bytes).
    ///
    /// - Throws: ``GraphFileError`` that names the file and the node, input or constant.
    public init(contentsOf path: String) throws(GraphFileError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        try self.init(path) { file throws(FileError) in try InputFile(file == path ? path : folder + file) }
    }

    /// Reads a graph file embedded in the program, with the files that it refers to.
    package init(_ name: String, among files: [String: [UInt8]]) throws(GraphFileError) {
        try self.init(name) { file throws(FileError) in
            guard let bytes = files[file] else { throw FileError(path: file, reason: "is not embedded in the program") }
            return InputFile(named: file, bytes: bytes)
        }
    }

    private init(
        _ path: String, open: @escaping (String) throws(FileError) -> InputFile
    ) throws(GraphFileError) {
        self = try GraphFileError.at(path) {
            do {
                var reader = GraphReader(open: open)
                let file = try open(path)
                return try reader.graph(JSONNode(JSONValue(parsing: file.contents())))
            } catch let error as GraphContentError {
                throw GraphFileError(path: path, reason: .content(place: error.place, reason: error.reason))
            }
        }
    }
}

/// Parses the JSON of a graph into a builder, which checks it.
struct GraphReader {
    /// Opens a file in the graph's folder.
    let open: (String) throws(FileError) -> InputFile
    private var weights: [String: SafetensorsFile] = [:]
    private var values: [String: Value] = [:]

    init(open: @escaping (String) throws(FileError) -> InputFile) { self.open = open }

    mutating func graph(_ root: JSONNode) throws -> Graph {
        try root.allow([
            "attend", "name", "inputs", "constants", "states", "functions", "nodes", "outputs", "updates"
        ])
        let version = try root.required("attend").integer()
        guard version == 1 else {
            throw GraphContentError(
                place: "attend", reason: "version \(version) is not known; this program reads version 1")
        }
        let builder = GraphBuilder(try root.optional("name")?.string() ?? "graph")
        for node in try root.optional("functions")?.elements() ?? [] {
            try builder.register(try FunctionReader.function(node) { try constant($0) })
        }
        for node in try root.optional("inputs")?.elements() ?? [] {
            let (name, dtype, shape) = try declaration(node)
            values[name] = try builder.input(name, dtype, shape)
        }
        for node in try root.optional("states")?.elements() ?? [] {
            let (name, dtype, shape) = try declaration(node)
            values[name] = try builder.state(name, dtype, shape)
        }
        for node in try root.optional("constants")?.elements() ?? [] {
            let constant = try constant(node)
            values[constant.name] = try builder.constant(constant.content, named: constant.name)
        }
        try addNodes(root, to: builder)
        for (name, node) in try root.required("outputs").members() {
            try builder.output(name, value(try node.string(), in: "output \"\(name)\""))
        }
        for (name, node) in try root.optional("updates")?.members() ?? [] {
            let place = "update of \"\(name)\""
            try builder.update(value(name, in: place), with: value(try node.string(), in: place))
        }
        return try builder.build()
    }

    // MARK: Declarations

    private func declaration(_ node: JSONNode) throws -> (String, DType, [Size]) {
        try node.allow(["name", "dtype", "shape"])
        return (
            try node.required("name").string(), try node.required("dtype").dtype(), try node.required("shape").sizes()
        )
    }

    private mutating func constant(_ node: JSONNode) throws -> Graph.Constant {
        let name = try node.required("name").string()
        guard let file = try node.optional("file") else {
            try node.allow(["name", "dtype", "shape", "data"])
            let shape = try node.required("shape").elements().map { try $0.integer() }
            let dtype = try node.required("dtype").dtype()
            do {
                return Graph.Constant(name: name, content: .held(try node.required("data").tensor(dtype, shape)))
            } catch let error as TensorError {
                throw GraphContentError(place: "constant \"\(name)\"", reason: error.description)
            }
        }
        try node.allow(["name", "file", "tensor"])
        let path = try file.string()
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains(".."), !path.isEmpty else {
            throw GraphContentError(
                place: "constant \"\(name)\"",
                reason: "file \"\(path)\" must be a relative path in the graph's folder, without \"..\""
            )
        }
        let opened = try weights[path] ?? weightsFile(path)
        weights[path] = opened
        let tensor = try node.optional("tensor")?.string() ?? name
        return Graph.Constant(name: name, content: try opened.constant(named: tensor))
    }

    private func weightsFile(_ path: String) throws(SafetensorsError) -> SafetensorsFile {
        let file: InputFile
        do {
            file = try open(path)
        } catch {
            throw .file(error)
        }
        return try SafetensorsFile(file)
    }

    // MARK: Nodes

    private mutating func addNodes(_ root: JSONNode, to builder: GraphBuilder) throws {
        var nodes: [NodeText] = []
        for node in try root.optional("nodes")?.elements() ?? [] { nodes.append(try NodeText(node)) }
        // A file may list its nodes in any order; the builder needs topological order.
        for node in try NodeOrder(nodes, known: Set(values.keys)).sorted() {
            let schema = try builder.schema(of: node.operation, node: node.name)
            var inputs: [String: [Graph.ValueID]] = [:]
            for (input, names) in node.inputs {
                inputs[input] = try names.map { try value($0, in: "node \"\(node.name)\", input \"\(input)\"").id }
            }
            if schema.isVariadic, inputs[schema.inputs[0].name] == nil, !schema.inputs[0].isOptional {
                throw GraphError.node(
                    name: node.name, operation: schema.name,
                    reason: "the input \"\(schema.inputs[0].name)\" is missing")
            }
            let slots = try builder.matchInputs(inputs, to: schema, node: node.name)
            for result in try builder.append(node.operation, inputs: slots, named: node.name) {
                values[result.name] = result
            }
        }
    }

    private func value(_ name: String, in place: String) throws(GraphError) -> Value {
        guard let value = values[name] else {
            throw .unknownValue(name: name, place: place, hint: Nearest.hint(for: name, among: values.keys.sorted()))
        }
        return value
    }
}
