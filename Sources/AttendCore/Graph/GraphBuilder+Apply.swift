extension GraphBuilder {
    /// Adds a primitive node with its inputs in the schema's order.
    @discardableResult
    public func apply(
        _ primitive: Primitive, _ inputs: [Value], _ attributes: Attributes = [:], named name: String? = nil
    ) throws(GraphError) -> Value {
        try requireOwn(inputs)
        return try append(Operation(primitive, attributes: attributes), inputs: inputs.map(\.id), named: name)[0]
    }

    /// Adds a node by its operation's name, with inputs by name.
    ///
    /// - Returns: The node's outputs in the schema's order; the first is the node's own value.
    @discardableResult
    public func apply(
        _ operation: String, version: Int = 1, inputs: [String: Value], attributes: Attributes = [:],
        named name: String? = nil
    ) throws(GraphError) -> [Value] {
        try requireOwn(inputs.sorted { $0.key < $1.key }.map(\.value))
        let place = name ?? operation
        let operation = Operation(operation, version: version, attributes: attributes)
        let schema = try schema(of: operation, node: place)
        let slots = try matchInputs(inputs.mapValues { [$0.id] }, to: schema, node: place)
        return try append(operation, inputs: slots, named: name)
    }

    /// Adds a node of a composite of your own, making it known to the graph.
    @discardableResult
    public func apply(
        _ composite: any CompositeOperation, inputs: [String: Value], attributes: Attributes = [:],
        named name: String? = nil
    ) throws(GraphError) -> [Value] {
        let schema = composite.schema
        if composites[schema.versionedName] == nil { try register(composite) }
        return try apply(
            schema.name, version: schema.version, inputs: inputs, attributes: attributes, named: name)
    }

    /// Joins values along an axis.
    public func concatenate(_ values: [Value], axis: Int, named name: String? = nil) throws(GraphError) -> Value {
        try apply(.concatenate, values, ["axis": .integer(axis)], named: name)
    }

    /// Counts 0, 1, 2, … along `axis`.
    public func iota(_ shape: [Size], axis: Int, dtype: DType = .int64) throws(GraphError) -> Value {
        try apply(.iota, [], ["shape": .sizes(shape), "axis": .integer(axis), "dtype": .dtype(dtype)])
    }

    // MARK: Checking

    func schema(of operation: Operation, node: String) throws(GraphError) -> OperationSchema {
        if let primitive = operation.primitive, let schema = Primitive.schemas[primitive] { return schema }
        if let composite = composites[operation.versionedName] ?? Composites.builtIn[operation.versionedName] {
            return composite.schema
        }
        let known =
            Primitive.allCases.map(\.rawValue)
            + (Array(Composites.builtIn.values) + composites.values).map(\.schema.name)
        let shown = operation.version == 1 ? operation.name : operation.versionedName
        throw .unknownOperation(
            node: node, operation: shown, hint: Nearest.hint(for: operation.name, among: known.sorted()))
    }

    /// Puts named inputs into the schema's order.
    func matchInputs(
        _ inputs: [String: [Graph.ValueID]], to schema: OperationSchema, node: String
    ) throws(GraphError) -> [Graph.ValueID?] {
        let known = schema.inputs.map(\.name)
        for name in inputs.keys.sorted() where !known.contains(name) {
            throw .node(
                name: node, operation: schema.name,
                reason: "has no input \"\(name)\"\(Nearest.hint(for: name, among: known))")
        }
        if schema.isVariadic { return inputs[schema.inputs[0].name] ?? [] }
        var slots: [Graph.ValueID?] = []
        for input in schema.inputs {
            let given = inputs[input.name]
            if let given, given.count != 1 {
                throw .node(
                    name: node, operation: schema.name, reason: "input \"\(input.name)\" takes one value, not a list")
            }
            guard given != nil || input.isOptional else {
                throw .node(name: node, operation: schema.name, reason: "the input \"\(input.name)\" is missing")
            }
            slots.append(given?[0])
        }
        return slots
    }

    /// Checks a node, infers its types and adds it.
    func append(
        _ operation: Operation, inputs: [Graph.ValueID?], named given: String? = nil
    ) throws(GraphError) -> [Value] {
        let place = given ?? operation.name
        let schema = try schema(of: operation, node: place)
        var operation = operation
        let types: [TensorType]
        do throws(OperationError) {
            operation.attributes = try schema.completed(operation.attributes)
            guard schema.isVariadic || inputs.count == schema.inputs.count else {
                throw OperationError("takes \(schema.inputs.count) inputs, found \(inputs.count)")
            }
            types = try outputTypes(of: operation, schema, inputs)
        } catch {
            throw .node(name: place, operation: operation.name, reason: error.description)
        }
        for type in types { try checkSizes(of: type, place) }
        let name = try claim(given, prefix: operation.name)
        let node = nodes.count
        let results = schema.outputs.enumerated().map { index, output in
            add(index == 0 ? name : "\(name).\(output)", types[index], .node(node, output: index))
        }
        nodes.append(Graph.Node(name: name, operation: operation, inputs: inputs, outputs: results.map(\.id)))
        return results
    }

    private func outputTypes(
        of operation: Operation, _ schema: OperationSchema, _ inputs: [Graph.ValueID?]
    ) throws(OperationError) -> [TensorType] {
        let types = inputs.map { $0.map { values[$0].type } }
        if let primitive = operation.primitive {
            return [try primitive.outputType(types.compactMap(\.self), operation.attributes)]
        }
        guard let composite = composites[operation.versionedName] ?? Composites.builtIn[operation.versionedName] else {
            throw OperationError("is not known")
        }
        do {
            let opened = try composite.opened(
                inputs: types, attributes: operation.attributes, wanted: Set(schema.outputs), knowing: composites,
                depth: depth)
            // What it is made of may be its own as well, and must be known when it is opened to be run.
            composites.merge(opened.composites) { mine, _ in mine }
            return opened.outputs.map { opened.type(of: $0.value) }
        } catch GraphError.node(let name, let part, let reason) {
            // A complaint of the composite itself bears no node's name.
            throw OperationError(name.isEmpty ? reason : "inside, in \(part): \(reason)")
        } catch {
            throw OperationError("inside: \(error)")
        }
    }
}

extension CompositeOperation {
    /// The call's parts as a graph whose inputs are the given ones (in order, absent ones left
    /// out) and whose outputs are the wanted ones in the schema's order.
    func opened(
        inputs types: [TensorType?], attributes: Attributes, wanted: Set<String>,
        knowing composites: [String: any CompositeOperation], depth: Int = 0
    ) throws(GraphError) -> Graph {
        guard depth < 32 else {
            throw .node(name: "", operation: schema.name, reason: "composites open into each other without end")
        }
        let scratch = GraphBuilder(schema.name, scratchOf: composites, depth: depth + 1)
        var inputs: [String: Value] = [:]
        for (input, type) in zip(schema.inputs, types) {
            guard let type else { continue }
            inputs[input.name] = try scratch.input(input.name, type)
        }
        let call = CompositeCall(
            graph: scratch, operation: schema.name, attributes: attributes, wanted: wanted, inputs: inputs)
        let results = try decompose(call)
        for name in schema.outputs where wanted.contains(name) {
            guard let value = results[name] else {
                throw .node(name: "", operation: schema.name, reason: "its decomposition gives no \"\(name)\"")
            }
            try scratch.output(name, value)
        }
        return scratch.unverified()
    }
}
