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
        // A typo is near one of many names; without numbers the list is short.
        return .unknownCapture(name: name, hint: Nearest.hint(for: path, among: known), known: known)
    }
}

/// Copies a graph, replacing composites that contain captures by their parts.
private struct CaptureRewriting {
    let scope: CaptureScope
    private var copy: GraphCopy

    private var graph: Graph { scope.graph }

    init(_ scope: CaptureScope) {
        self.scope = scope
        copy = GraphCopy(scope.graph)
        // Parts of other nodes don't take them.
        copy.target.reserve(Set(scope.graph.values.map(\.name)))
    }

    mutating func rewritten(_ captures: [(name: String, place: CaptureScope.Place)]) throws(GraphError) -> Graph {
        // A session refers to inputs, constants and states by index.
        try copy.copySources()
        var inside: [Int: [CapturePath]] = [:]
        for case .inside(let node, let path, _) in captures.map(\.place) where inside[node]?.contains(path) != true {
            inside[node, default: []].append(path)
        }
        let used = usedValues(captures.map(\.place))
        var inner: [Int: [CapturePath: Value]] = [:]
        for (index, node) in graph.nodes.enumerated() {
            if let paths = inside[index] {
                inner[index] = try splice(index, capturing: paths, used: used)
            } else {
                try copy.adopt(node)
            }
        }
        try copy.copyResults()
        for (name, place) in captures { try copy.target.output(name, captured(place, inner)) }
        return copy.target.unverified()
    }

    private func usedValues(_ places: [CaptureScope.Place]) -> Set<Graph.ValueID> {
        var used = Set(graph.nodes.flatMap(\.inputs).compactMap(\.self))
        used.formUnion(graph.outputs.map(\.value) + graph.states.compactMap(\.update))
        for place in places {
            switch place {
            case .value(let id, _): used.insert(id)
            case .delta(let parts, _): used.formUnion([parts.mixed] + parts.weights.values)
            case .inside: continue
            }
        }
        return used
    }

    /// Replaces a node by its parts.
    ///
    /// - Returns: The captures in it.
    private mutating func splice(
        _ index: Int, capturing paths: [CapturePath], used: Set<Graph.ValueID>
    ) throws(GraphError) -> [CapturePath: Value] {
        let node = graph.nodes[index]
        guard let opened = try scope.opened(index) else { preconditionFailure("only composites hold captures") }
        var places: [(name: String, place: CaptureScope.Place)] = []
        for path in paths {
            guard let place = try opened.place(of: path) else {
                preconditionFailure("a capture that was found has no place")
            }
            // No composite output has such a name.
            places.append(("capture \(path.text)", place))
        }
        var rewriting = CaptureRewriting(opened)
        var parts = GraphCopy(try rewriting.rewritten(places), into: copy.target)
        let wanted = opened.graph.outputs.indices.filter { used.contains(node.outputs[$0]) }
        let outputs = parts.source.outputs.map(\.value)
        try parts.inline(
            node.inputs.compactMap { $0.flatMap { copy[$0] } },
            needed: wanted.map { outputs[$0] } + outputs.dropFirst(node.outputs.count), under: node.name)
        for output in wanted { copy[node.outputs[output]] = parts[outputs[output]] }
        var captured: [CapturePath: Value] = [:]
        for (path, id) in zip(paths, outputs.dropFirst(node.outputs.count)) { captured[path] = parts[id] }
        return captured
    }

    /// The value of a capture in the new graph.
    private func captured(
        _ place: CaptureScope.Place, _ inner: [Int: [CapturePath: Value]]
    ) throws(GraphError) -> Value {
        switch place {
        case .value(let id, let slice):
            guard let value = copy[id] else { preconditionFailure("a captured value was not copied") }
            return try slice.map { slice throws(GraphError) in try value.taking(slice) } ?? value
        case .inside(let node, let path, let dropsBatch):
            guard let value = inner[node]?[path] else { preconditionFailure("a captured value was not copied") }
            return dropsBatch ? try value.reshaped(Array(value.shape.dropFirst())) : value
        case .delta(let parts, let slice):
            guard let mixed = copy[parts.mixed], let weight = parts.weights["output_weight"].flatMap({ copy[$0] })
            else { preconditionFailure("a captured value was not copied") }
            let delta = try mixed.headChanges(outputWeight: weight, heads: parts.heads)
            return try slice.map { slice throws(GraphError) in try delta.taking(slice) } ?? delta
        }
    }
}

extension Value {
    /// One element of an axis, without the axis.
    fileprivate func taking(_ slice: CaptureScope.Slice) throws(GraphError) -> Value {
        var rest = shape
        rest.remove(at: slice.axis)
        return try sliced(axis: slice.axis, from: Size(slice.index), to: Size(slice.index + 1)).reshaped(rest)
    }
}
