import AttendRuntime

/// The self-attention of a layer: one `self_attention`, or written out node by node.
struct LayerAttention {
    var headCount: Int
    var keyValueHeadCount: Int
    /// The factor of the products; nil for 1/√d.
    var scale: Double?
    var isCausal: Bool
    /// The scores are `softCap · tanh(score / softCap)`; nil for no cap.
    var softCap: Double?
    /// Whether a number is added to each score.
    var hasBias = false
    /// Whether queries and keys are turned by their positions.
    var isRotary = false
    /// Whether queries and keys are normalized by head.
    var normalizesHeads = false
    /// Matrices and biases by their inputs' names in `self_attention`, as far as they are constants.
    var weights: [String: ConstantTensor] = [:]

    /// Whether there is a bias; `role` is `query`, `key`, `value` or `output`.
    func isBiased(_ role: String) -> Bool { weights["\(role)_bias"] != nil }
}

extension Graph {
    /// The attention whose last node has this name; nil for a node of another kind.
    func layerAttention(_ name: String) -> LayerAttention? {
        if let parts = attentionParts.first(where: { $0.node == name }),
            case .node(let index, _) = values[parts.mixed].source
        {
            var found = LayerAttention(nodes[index], heads: parts.heads, keyValueHeads: parts.keyValueHeads)
            (found.isRotary, found.normalizesHeads) = (parts.isRotary, parts.normalizesHeads)
            found.hasBias = inputs(of: nodes[index])["bias"] != nil
            found.weights = parts.weights.compactMapValues(constant)
            return found
        }
        guard let node = nodes.first(where: { $0.name == name }),
            let heads = node.operation.attributes.optionalInteger("heads")
        else { return nil }
        let shared = node.operation.attributes.optionalInteger("key_value_heads") ?? heads
        var found = LayerAttention(node, heads: heads, keyValueHeads: shared)
        found.weights = constants(of: node)
        found.hasBias = inputs(of: node)["bias"] != nil
        return found
    }

    /// The constants that a node reads, by the names of its inputs.
    func constants(of node: Node) -> [String: ConstantTensor] { inputs(of: node).compactMapValues(constant) }

    /// The values that a node reads, by the names of its inputs.
    private func inputs(of node: Node) -> [String: ValueID] {
        let schema = node.operation.primitive?.schema ?? composite(named: node.operation.versionedName)?.schema
        let named = zip(schema?.inputs ?? [], node.inputs).map { ($0.name, $1) }
        return Dictionary(uniqueKeysWithValues: named).compactMapValues(\.self)
    }

    /// The constant of a value; nil for other values.
    func constant(_ id: ValueID) -> ConstantTensor? {
        guard case .constant(let index) = values[id].source else { return nil }
        return constants[index].content
    }
}

extension LayerAttention {
    fileprivate init(_ node: Graph.Node, heads: Int, keyValueHeads: Int) {
        let attributes = node.operation.attributes
        self.init(
            headCount: heads, keyValueHeadCount: keyValueHeads, scale: attributes.optionalNumber("scale"),
            isCausal: attributes.values["causal"] == .bool(true), softCap: attributes.optionalNumber("soft_cap"))
    }
}
