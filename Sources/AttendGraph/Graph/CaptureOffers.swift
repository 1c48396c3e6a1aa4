/// What a composite's decomposition lets runs capture from inside of it.
struct CaptureOffers {
    struct Offer {
        var name: String
        var value: Graph.ValueID
        var heads: Heads?
    }

    /// The axis along which a value holds the heads of an attention.
    struct Heads {
        var axis: Int
        /// Query heads that share one of them.
        var sharing: Int
    }

    /// A node inside, whose own offers count as the composite's.
    struct PassedOn {
        var node: Int
        /// The values inside have a batch of 1 in front, which those outside lack.
        var dropsBatch: Bool
    }

    var offers: [Offer] = []
    var passedOn: [PassedOn] = []
}

extension CompositeCall {
    /// Gives a value inside of the composite a name by which runs may capture it, as `NODE.NAME`.
    ///
    /// A value with `headAxis` can be captured by the head as well, as `NODE.heads.3.NAME`, which takes one slice along that axis.
    ///
    /// - Parameters:
    ///   - headAxis: The axis that counts heads, if there is one.
    ///   - sharing: How many query heads read one slice, as where keys are shared.
    ///   - value: Makes the value, in the call's graph. It runs only where something is to be captured, so that what exists
    ///     for captures alone costs nothing else.
    public func offer(
        _ name: String, headAxis: Int? = nil, sharing: Int = 1, _ value: () throws(GraphError) -> Value
    ) throws(GraphError) {
        guard graph.offers != nil else { return }
        let value = try value()
        try graph.requireOwn([value])
        let heads = headAxis.map { CaptureOffers.Heads(axis: $0, sharing: sharing) }
        graph.offers?.offers.append(.init(name: name, value: value.id, heads: heads))
    }

    /// Offers what the node of this value offers, under the same names.
    func passOn(offersOf value: Value, droppingBatch: Bool) {
        guard case .node(let node, _) = graph.values[value.id].source else { return }
        graph.offers?.passedOn.append(.init(node: node, dropsBatch: droppingBatch))
    }
}
