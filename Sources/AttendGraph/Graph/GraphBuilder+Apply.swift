extension GraphBuilder {
    /// Adds a primitive node with its inputs in the schema's order.
    ///
    /// - Returns: The node's only output.
    /// - Throws: ``GraphError`` for inputs of another builder, unknown or missing attributes, dtypes or shapes that the
    ///   primitive rejects, or a name that is taken.
    @discardableResult
    public func apply(
        _ primitive: Primitive, _ inputs: [Value], _ attributes: Attributes = [:], named name: String? = nil
    ) throws(GraphError) -> Value {
        try requireOwn(inputs)
        return try append(Operation(primitive, attributes: attributes), inputs: inputs.map(\.id), named: name)[0]
    }

    /// Adds a node by operation name, with named inputs.
    ///
    /// - Returns: The node's outputs in the schema's order; the first is the node's own value.
    /// - Throws: ``GraphError`` for an unknown operation, unknown or missing inputs or attributes, inputs of another
    ///   builder, dtypes or shapes that the operation rejects, or a name that is taken.
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

    /// Adds a node by its operation's identity, with inputs by name.
    ///
    /// - Returns: The node's outputs in the schema's order; the first is the node's own value.
    @discardableResult
    public func apply(
        _ operation: OperationID, inputs: [String: Value], attributes: Attributes = [:], named name: String? = nil
    ) throws(GraphError) -> [Value] {
        try apply(operation.name, version: operation.version, inputs: inputs, attributes: attributes, named: name)
    }

    /// Adds a node of a custom composite, registering it with the graph on first use.
    ///
    /// - Returns: The node's outputs in the schema's order; the first is the node's own value.
    /// - Throws: ``GraphError`` for unknown or missing inputs or attributes, inputs of another builder, dtypes or
    ///   shapes that the composite rejects, or a name that is taken.
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

    /// Concatenation along `axis`, counted from the end if negative.
    ///
    /// - Throws: ``GraphError`` for no values, or for values that differ in dtype, rank or another axis.
    public func concatenate(_ values: [Value], axis: Int, named name: String? = nil) throws(GraphError) -> Value {
        try apply(.concatenate, values, ["axis": .integer(axis)], named: name)
    }

    /// A value of this shape that counts 0, 1, 2, … along `axis` (counted from the end if negative).
    ///
    /// - Throws: ``GraphError`` for an axis outside of the shape, a negative size or the dtype bool.
    public func iota(_ shape: [Size], axis: Int, dtype: DType = .int64) throws(GraphError) -> Value {
        try apply(.iota, [], ["shape": .sizes(shape), "axis": .integer(axis), "dtype": .dtype(dtype)])
    }

    // MARK: Checking

    func schema(of operation: Operation, node: String) throws(GraphError) -> OperationSchema {
        if let primitive = operation.primitive, let schema = Primitive.schemas[primitive] { return schema }
        if let composite = knownComposites[operation.versionedName] { return composite.schema }
        let known =
            Primitive.allCases.map(\.rawValue)
            + (Array(builtIn.values) + composites.values).map(\.schema.name)
        let shown = operation.version == 1 ? operation.name : operation.versionedName
        throw .unknownOperation(
            node: node, operation: shown, hint: Nearest.hint(for: operation.name, among: known.sorted()))
    }

    /// Puts named inputs into the schema's order.
    func matchInputs(
        _ inputs: [String: [Graph.ValueID]], to schema: OperationSchema, node: String
    ) throws(GraphError) -> [Graph.ValueID?] {
        let known = schema.inputs.map(\.name)
        let isKnown = Set(known)
        for name in inputs.keys.sorted() where !isKnown.contains(name) {
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
        let opened: (types: [TensorType], operations: Int)
        for case .sizes(let sizes) in operation.attributes.values.values { try checkSymbols(of: sizes, place) }
        do throws(OperationError) {
            operation.attributes = try schema.completed(operation.attributes)
            guard schema.isVariadic || inputs.count == schema.inputs.count else {
                throw OperationError("takes \(schema.inputs.count) inputs, found \(inputs.count)")
            }
            opened = try outputs(of: operation, inputs)
        } catch {
            throw .node(name: place, operation: operation.name, reason: error.description)
        }
        for type in opened.types { try checkSizes(of: type, place) }
        let name = try claim(given, prefix: operation.name)
        let node = nodes.count
        let results = schema.outputs.enumerated().map { index, output in
            add(index == 0 ? name : "\(name).\(output)", opened.types[index], .node(node, output: index))
        }
        nodes.append(Graph.Node(name: name, operation: operation, inputs: inputs, outputs: results.map(\.id)))
        operationCount = min(operationCount + opened.operations, OpeningMemo.operationLimit + 1)
        return results
    }

    /// The types of a node's outputs, and the number of primitives that it adds to ``operationCount``.
    private func outputs(
        of operation: Operation, _ inputs: [Graph.ValueID?]
    ) throws(OperationError) -> (types: [TensorType], operations: Int) {
        let types = inputs.map { $0.map { values[$0].type } }
        // Stops early: a single composite may be too long, such as a convolution with a million taps.
        if depth > 0, operationCount > OpeningMemo.operationLimit { throw GraphBuilder.tooManyOperations }
        if let primitive = operation.primitive {
            let type = try primitive.outputType(types.compactMap(\.self), operation.attributes)
            return ([type], depth == 0 ? 0 : 1)
        }
        guard let composite = knownComposites[operation.versionedName] else { throw OperationError("is not known") }
        let opened = try opened(composite, OpeningMemo.Call(operation: operation, inputs: types))
        // The parts may be custom composites too, and must be known when they are opened to run.
        adopt(opened.found)
        // Parts are counted with the whole, at the graph's own nodes, so that the error names one of these.
        if depth == 0, operationCount + opened.operationCount > OpeningMemo.operationLimit {
            throw GraphBuilder.tooManyOperations
        }
        return (opened.outputs, opened.operationCount)
    }

    fileprivate static let tooManyOperations = OperationError(
        "the graph's composites open into more than \(OpeningMemo.operationLimit) operations")

    /// The result of opening the call, from the memo or computed.
    private func opened(
        _ composite: any CompositeOperation, _ call: OpeningMemo.Call
    ) throws(OperationError) -> OpeningMemo.Opened {
        if let known = memo.calls[call] { return known }
        do {
            let scratch = try composite.openedBuilder(
                inputs: call.inputs, attributes: call.operation.attributes, wanted: Set(composite.schema.outputs),
                knowing: knownComposites, memo: memo, depth: depth)
            let opened = OpeningMemo.Opened(
                outputs: scratch.outputs.map { scratch.type(of: $0.value) }, operationCount: scratch.operationCount,
                found: scratch.found)
            memo.calls[call] = opened
            return opened
        } catch GraphError.node(let name, let part, let reason) {
            if reason == GraphBuilder.tooManyOperations.description { throw GraphBuilder.tooManyOperations }
            // An error of the composite itself has no node name.
            throw OperationError(name.isEmpty ? reason : "inside, in \(part): \(reason)")
        } catch {
            throw OperationError("inside: \(error)")
        }
    }
}

extension CompositeOperation {
    /// The call's parts as a graph: its inputs are the given ones, in order and without absent ones; its outputs are
    /// the wanted ones in the schema's order. Composites found inside are among the graph's.
    package func opened(
        inputs types: [TensorType?], attributes: Attributes, wanted: Set<String>,
        knowing known: KnownComposites
    ) throws(GraphError) -> Graph {
        try openedBuilder(
            inputs: types, attributes: attributes, wanted: wanted, knowing: known, memo: OpeningMemo(), depth: 0
        ).unverified()
    }

    /// The call's parts in a builder; see `opened`.
    ///
    /// - Parameter offering: Whether to collect the composite's capture offers.
    func openedBuilder(
        inputs types: [TensorType?], attributes: Attributes, wanted: Set<String>,
        knowing known: KnownComposites, memo: OpeningMemo, depth: Int, offering: Bool = false
    ) throws(GraphError) -> GraphBuilder {
        guard depth < OpeningMemo.depthLimit else {
            throw .node(
                name: "", operation: schema.name,
                reason: "decomposition is recursive or more than \(OpeningMemo.depthLimit) levels deep")
        }
        let scratch = GraphBuilder(schema.name, knowing: known, memo: memo, depth: depth + 1)
        if offering { scratch.offers = CaptureOffers() }
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
                throw .node(name: "", operation: schema.name, reason: "its decomposition has no output \"\(name)\"")
            }
            try scratch.output(name, value)
        }
        return scratch
    }
}
