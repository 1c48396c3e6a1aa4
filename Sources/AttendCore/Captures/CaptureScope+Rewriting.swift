extension CaptureScope {
    /// The graph with outputs for these captures; see ``Graph/capturing(_:)``.
    func capturing(_ names: [String]) throws(GraphError) -> Graph {
        var captures: [(name: String, place: Place)] = []
        for name in names {
            guard let place = try place(of: CapturePath(name)) else { throw unknown(name) }
            if case .value(let id, nil) = place, let output = graph.outputs.first(where: { $0.name == name }),
                output.value == id
            {
                continue
            }
            captures.append((name, place))
        }
        var rewriting = CaptureRewriting(self)
        return try rewriting.rewritten(captures)
    }

    private func unknown(_ name: String) -> GraphError {
        let known = names
        let path = CapturePath(name).text
        // A slip is near one name of many; without numbers the list is short.
        return .unknownCapture(name: name, hint: Nearest.hint(for: path, among: known), known: known)
    }
}

/// Copies a graph, with parts in place of the composites that hold captures.
private struct CaptureRewriting {
    let scope: CaptureScope
    let builder: GraphBuilder
    /// Where values of the old graph are in the new one.
    private var moved: [Graph.ValueID: Graph.ValueID] = [:]
    /// Names that nodes of the old graph will want.
    private let taken: Set<String>

    private var graph: Graph { scope.graph }

    init(_ scope: CaptureScope) {
        self.scope = scope
        builder = GraphBuilder(scope.graph.name, composites: Array(scope.graph.composites.values))
        taken = Set(scope.graph.values.map(\.name))
    }

    mutating func rewritten(_ captures: [(name: String, place: CaptureScope.Place)]) throws(GraphError) -> Graph {
        try copySources()
        var inside: [Int: [CapturePath]] = [:]
        for case .inside(let node, let path, _) in captures.map(\.place) where inside[node]?.contains(path) != true {
            inside[node, default: []].append(path)
        }
        let used = usedValues(captures.map(\.place))
        var inner: [Int: [CapturePath: Graph.ValueID]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            if let paths = inside[index] {
                inner[index] = try splice(index, capturing: paths, used: used)
            } else {
                let inputs = node.inputs.map { $0.flatMap { moved[$0] } }
                let values = try builder.append(node.operation, inputs: inputs, named: node.name)
                for (old, new) in zip(node.outputs, values) { moved[old] = new.id }
            }
        }
        for output in graph.outputs { if let id = moved[output.value] { try builder.output(output.name, value(id)) } }
        for (name, place) in captures { try builder.output(name, captured(place, inner)) }
        builder.states = graph.states.map { state in
            Graph.State(
                name: state.name, value: moved[state.value] ?? state.value, update: state.update.flatMap { moved[$0] })
        }
        return builder.unverified()
    }

    private func value(_ id: Graph.ValueID) -> Value { Value(graph: builder, id: id) }

    /// Inputs, constants and states come first, each in its old order: a session knows them by their numbers.
    private mutating func copySources() throws(GraphError) {
        for (id, value) in graph.values.enumerated() {
            switch value.source {
            case .input: moved[id] = try builder.input(value.name, value.type).id
            case .constant(let index):
                moved[id] = try builder.constant(graph.constants[index].tensor, named: value.name).id
            case .state: moved[id] = try builder.state(value.name, value.type.dtype, value.type.shape).id
            case .node: break
            }
        }
    }

    private func usedValues(_ places: [CaptureScope.Place]) -> Set<Graph.ValueID> {
        var used = Set(graph.nodes.flatMap(\.inputs).compactMap(\.self))
        used.formUnion(graph.outputs.map(\.value) + graph.states.compactMap(\.update))
        for case .value(let id, _) in places { used.insert(id) }
        return used
    }

    /// Puts the parts of a node in its place.
    ///
    /// - Returns: The captures in it.
    private mutating func splice(
        _ index: Int, capturing paths: [CapturePath], used: Set<Graph.ValueID>
    ) throws(GraphError) -> [CapturePath: Graph.ValueID] {
        let node = graph.nodes[index]
        guard let opened = try scope.opened(index) else { preconditionFailure("only composites hold captures") }
        var places: [(name: String, place: CaptureScope.Place)] = []
        for path in paths {
            guard let place = try opened.place(of: path) else { preconditionFailure("the capture was found before") }
            // No output of a composite has this in its name.
            places.append(("capture \(path.text)", place))
        }
        var rewriting = CaptureRewriting(opened)
        let parts = try rewriting.rewritten(places)
        let wanted = opened.graph.outputs.indices.filter { used.contains(node.outputs[$0]) }
        let outputs = parts.outputs.map(\.value)
        let needed = wanted.map { outputs[$0] } + outputs.dropFirst(node.outputs.count)

        let inputs = node.inputs.compactMap(\.self).compactMap { moved[$0] }
        let spliced = try inline(parts, inputs, needed: needed, as: node.name)
        for output in wanted { moved[node.outputs[output]] = spliced[outputs[output]] }
        var captured: [CapturePath: Graph.ValueID] = [:]
        for (path, id) in zip(paths, outputs.dropFirst(node.outputs.count)) { captured[path] = spliced[id] }
        return captured
    }

    /// Adds the nodes of `parts` that `needed` hangs on.
    private func inline(
        _ parts: Graph, _ inputs: [Graph.ValueID], needed: [Graph.ValueID], as name: String
    ) throws(GraphError) -> [Graph.ValueID: Graph.ValueID] {
        var live = Set(needed)
        for node in parts.nodes.reversed() where node.outputs.contains(where: live.contains) {
            live.formUnion(node.inputs.compactMap(\.self))
        }
        builder.adopt(parts.composites)
        var known = Dictionary(uniqueKeysWithValues: zip(parts.inputs, inputs))
        for (id, value) in parts.values.enumerated() where live.contains(id) {
            guard case .constant(let index) = value.source else { continue }
            known[id] = try builder.constant(parts.constants[index].tensor, named: free("\(name)/\(value.name)")).id
        }
        for node in parts.nodes where node.outputs.contains(where: live.contains) {
            let values = try builder.append(
                node.operation, inputs: node.inputs.map { $0.flatMap { known[$0] } },
                named: free("\(name)/\(node.name)"))
            for (old, new) in zip(node.outputs, values) { known[old] = new.id }
        }
        return known
    }

    private func free(_ name: String) -> String {
        var name = name
        while taken.contains(name) { name += "_" }
        return name
    }

    /// The value of a capture in the new graph.
    private func captured(
        _ place: CaptureScope.Place, _ inner: [Int: [CapturePath: Graph.ValueID]]
    ) throws(GraphError) -> Value {
        switch place {
        case .value(let id, let slice):
            guard let id = moved[id] else { preconditionFailure("what is captured was kept") }
            guard let slice else { return value(id) }
            let start = Size(slice.index)
            var shape = value(id).shape
            shape.remove(at: slice.axis)
            return try value(id).sliced(axis: slice.axis, from: start, to: Size(slice.index + 1)).reshaped(shape)
        case .inside(let node, let path, let dropsBatch):
            guard let id = inner[node]?[path] else { preconditionFailure("what is captured was kept") }
            return dropsBatch ? try value(id).reshaped(Array(value(id).shape.dropFirst())) : value(id)
        }
    }
}
