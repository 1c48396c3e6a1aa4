/// A graph in which values can be captured: the user's, or an opened composite.
struct CaptureScope {
    let graph: Graph
    let offers: CaptureOffers

    init(_ graph: Graph, offers: CaptureOffers = CaptureOffers()) {
        self.graph = graph
        self.offers = offers
    }

    /// The location of a capture.
    enum Place {
        case value(Graph.ValueID, slice: Slice?)
        /// In the composite of this node, under this path.
        case inside(node: Int, path: CapturePath, dropsBatch: Bool)
        /// The change by each head of attention that is written out, or by one head.
        case delta(AttentionParts, slice: Slice?)
    }

    /// One head's slice of a value.
    struct Slice {
        var axis: Int
        var index: Int
    }

    /// The location of a capture; nil for an unknown name.
    func place(of path: CapturePath) throws(GraphError) -> Place? {
        if let offered = offered(path) { return offered }
        for passed in offers.passedOn {
            if try opened(passed.node)?.place(of: path) != nil {
                return .inside(node: passed.node, path: path, dropsBatch: passed.dropsBatch)
            }
        }
        if let id = graph.values.firstIndex(where: { CapturePath($0.name) == path }) { return .value(id, slice: nil) }
        for parts in graph.attentionParts {
            guard let rest = path.rest(after: CapturePath(parts.node)) else { continue }
            if let place = try place(of: rest, in: parts) { return place }
        }
        // A node's own value is also its first output by name.
        for (index, node) in graph.nodes.enumerated() {
            guard let rest = path.rest(after: CapturePath(node.name)), let inner = try opened(index) else { continue }
            let schema = inner.graph.outputs.map(\.name)
            if let output = schema.firstIndex(of: rest.text), output < node.outputs.count {
                return .value(node.outputs[output], slice: nil)
            }
            if try inner.place(of: rest) != nil { return .inside(node: index, path: rest, dropsBatch: false) }
        }
        return nil
    }

    /// The location of a capture in attention that is written out: `delta` is computed, `attention` offers the others.
    private func place(of path: CapturePath, in parts: AttentionParts) throws(GraphError) -> Place? {
        if path == CapturePath("delta") { return .delta(parts, slice: nil) }
        if let (head, rest) = path.head, rest == CapturePath("delta") {
            return head < parts.heads ? .delta(parts, slice: Slice(axis: 1, index: head)) : nil
        }
        guard case .node(let node, _) = graph.values[parts.mixed].source, try opened(node)?.place(of: path) != nil
        else { return nil }
        return .inside(node: node, path: path, dropsBatch: false)
    }

    private func offered(_ path: CapturePath) -> Place? {
        if let offer = offers.offers.first(where: { CapturePath($0.name) == path }) {
            return .value(offer.value, slice: nil)
        }
        guard let (index, rest) = path.head,
            let offer = offers.offers.first(where: { CapturePath($0.name) == rest }), let heads = offer.heads,
            let count = headCount(offer), index < count
        else { return nil }
        return .value(offer.value, slice: Slice(axis: heads.axis, index: index / heads.sharing))
    }

    private func headCount(_ offer: CaptureOffers.Offer) -> Int? {
        guard let heads = offer.heads, let count = graph.type(of: offer.value).shape[heads.axis].constant else {
            return nil
        }
        return count * heads.sharing
    }

    /// The parts of a node's composite with its offers; nil for a primitive.
    func opened(_ node: Int) throws(GraphError) -> CaptureScope? {
        let node = graph.nodes[node]
        guard node.operation.primitive == nil, let composite = graph.composite(named: node.operation.versionedName)
        else { return nil }
        let scratch = try composite.openedBuilder(
            inputs: node.inputs.map { $0.map(graph.type(of:)) }, attributes: node.operation.attributes,
            wanted: Set(composite.schema.outputs), knowing: graph.knownComposites, memo: OpeningMemo(), depth: 0,
            offering: true)
        return CaptureScope(scratch.unverified(), offers: scratch.offers ?? CaptureOffers())
    }

    // MARK: Names

    /// All captures with names of their own.
    var names: [String] {
        // The offers of attention that is written out have the name of its last node.
        var described: [String: [String]] = [:]
        var covered: Set<Int> = []
        for parts in graph.attentionParts {
            guard case .node(let attention, _) = graph.values[parts.mixed].source else { continue }
            let offers = (try? opened(attention))?.offeredNames ?? []
            described[parts.node] = offers + ["delta"] + (0..<parts.heads).map { "heads.\($0).delta" }
            covered.insert(attention)
        }
        return graph.nodes.indices.flatMap { index in
            let node = graph.nodes[index]
            guard !isNumbered(node), !covered.contains(index) else { return [String]() }
            let own = node.outputs.map { CapturePath(graph.values[$0].name).text }
            let inner = described[node.name] ?? (try? opened(index))?.offeredNames ?? []
            return own + inner.map { CapturePath($0).within(node.name).text }.filter { !own.contains($0) }
        }
    }

    /// Whether the builder generated the name, as in `add_3`.
    private func isNumbered(_ node: Graph.Node) -> Bool {
        guard let number = CapturePath(node.name).rest(after: CapturePath(node.operation.name))?.text else {
            let tail = node.name.dropFirst(node.operation.name.count)
            return node.name.hasPrefix(node.operation.name) && tail.first == "_" && Int(tail.dropFirst()) != nil
        }
        return Int(number) != nil
    }

    /// The composite's offers: whole values first, then by head.
    private var offeredNames: [String] {
        var whole = offers.offers.map(\.name)
        var byHead = offers.offers.flatMap { offer in
            (0..<(headCount(offer) ?? 0)).map { "heads.\($0).\(offer.name)" }
        }
        for passed in offers.passedOn {
            let names = (try? opened(passed.node))?.offeredNames ?? []
            whole += names.filter { CapturePath($0).head == nil && !whole.contains($0) }
            let known = Set(byHead)
            byHead += names.filter { CapturePath($0).head != nil && !known.contains($0) }
        }
        return whole + byHead
    }
}
