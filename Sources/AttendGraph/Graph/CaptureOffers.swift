/// The values inside a composite's decomposition that runs may capture.
struct CaptureOffers {
    struct Offer {
        var name: String
        var value: Graph.ValueID
        var heads: Heads?
    }

    /// The head axis of a value.
    struct Heads {
        var axis: Int
        /// Query heads per slice along the axis.
        var sharing: Int
    }

    /// An inner node whose own offers count as the composite's.
    struct PassedOn {
        var node: Int
        /// Whether the inner values have a leading batch axis of 1 that the outer ones lack.
        var dropsBatch: Bool
    }

    var offers: [Offer] = []
    var passedOn: [PassedOn] = []
}

extension CompositeCall {
    /// Names a value inside the composite, which runs may then capture as `NODE.NAME`.
    ///
    /// A value with `headAxis` can also be captured by head, as `NODE.heads.3.NAME`: one slice along that axis.
    ///
    /// - Parameters:
    ///   - headAxis: The axis of the heads, if there is one.
    ///   - sharing: The number of query heads per slice, above 1 for keys and values of grouped queries.
    ///   - value: Builds the value in the call's graph. It runs only if captures are requested, so that capture-only
    ///     values otherwise cost nothing.
    /// - Throws: ``GraphError`` of `value`, or for a value of another builder.
    public func offer(
        _ name: String, headAxis: Int? = nil, sharing: Int = 1, _ value: () throws(GraphError) -> Value
    ) throws(GraphError) {
        guard graph.offers != nil else { return }
        let value = try value()
        try graph.requireOwn([value])
        let heads = headAxis.map { CaptureOffers.Heads(axis: $0, sharing: sharing) }
        graph.offers?.offers.append(.init(name: name, value: value.id, heads: heads))
    }

    /// Offers the offers of this value's node, under the same names.
    func passOn(offersOf value: Value, droppingBatch: Bool) {
        guard case .node(let node, _) = graph.values[value.id].source else { return }
        graph.offers?.passedOn.append(.init(node: node, dropsBatch: droppingBatch))
    }
}
