import AttendRuntime

/// Settings of models whose layers are of two kinds: with the whole view, and with a window.
extension JSONNode {
    /// The local layers of `layer_types`, or else of the family's rule.
    func localLayers(of count: Int, _ isLocal: (Int) -> Bool) throws(JSONError) -> Set<Int> {
        guard let node = try optional("layer_types") else { return Set((0..<count).filter(isLocal)) }
        let kinds = try node.elements()
        // transformers reads the first of a longer list.
        guard kinds.count >= count else { throw node.unexpected("\(count) kinds, one for each layer") }
        var local: Set<Int> = []
        for (layer, kind) in kinds.prefix(count).enumerated() {
            switch try kind.string() {
            case "sliding_attention": local.insert(layer)
            case "full_attention": break
            default: throw kind.unexpected("\"full_attention\" or \"sliding_attention\"")
            }
        }
        return local
    }

    /// A key of `config.json` for a base of frequencies, and its default.
    typealias Base = (key: String, fallback: Double)

    /// The rotary positions of global and of local layers: `rope_parameters` of transformers 5 by kind of layer, or
    /// before it a base for each kind and `rope_scaling`.
    ///
    /// - Parameter scalesLocal: Whether `rope_scaling` holds for local layers too.
    func layeredRotary(
        headDimension: Int, global: Base, local: Base, scalesLocal: Bool
    ) throws(JSONError) -> (global: RotarySettings, local: RotarySettings) {
        let kinds = ["full_attention", "sliding_attention"]
        let nested = try optional("rope_parameters")
        try nested?.allowKeys(Set(kinds))
        var scaling = try optional("rope_scaling")
        if scaling?.value == .object([]) { scaling = nil }
        guard case .object(let members) = value else { throw unexpected("an object") }
        func settings(_ kind: String, _ base: Base, _ scaling: JSONNode?) throws(JSONError) -> RotarySettings {
            var node = try nested?.optional(kind) ?? JSONNode(.object([]))
            if let scaling {
                guard node.value == .object([]) else {
                    throw scaling.unexpected("no such setting beside rope_parameters.\(kind)")
                }
                node = scaling
            }
            // The base has a key of its own.
            var beside = members.filter { $0.key != "rope_theta" }
            if let value = self.value[base.key] { beside.append(.init("rope_theta", value)) }
            return try JSONNode(.object(beside)).rotary(
                node, headDimension: headDimension, defaultBase: base.fallback)
        }
        try refusePartialRotation()
        return (
            try settings(kinds[0], global, scaling), try settings(kinds[1], local, scalesLocal ? scaling : nil)
        )
    }
}
