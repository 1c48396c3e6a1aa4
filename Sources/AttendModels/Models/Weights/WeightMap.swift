import AttendRuntime

/// The places of the weights of a ``Transformer`` in the checkpoints of a family.
struct WeightMap: Sendable {
    /// One of several equal parts along the output axis of a tensor.
    struct Part: Sendable, Hashable {
        var index: Int
        var count: Int
    }

    /// A weight's tensor: its name without `.weight` or `.bias`.
    struct Place: Sendable, Hashable, ExpressibleByStringLiteral {
        var name: String
        /// Whether matrices are stored `[in, out]`.
        var isTransposed = false
        var part: Part?

        init(_ name: String, isTransposed: Bool = false, part: Part? = nil) {
            (self.name, self.isTransposed, self.part) = (name, isTransposed, part)
        }

        init(stringLiteral name: String) { self.init(name) }

        /// The shape of the tensor that holds a weight of this shape.
        func storedShape(_ shape: [Int]) throws(SafetensorsError) -> [Int] {
            var stored = shape
            if let part, !stored.isEmpty {
                let (rows, overflow) = stored[0].multipliedReportingOverflow(by: part.count)
                guard !overflow else { throw .header(path: name, reason: "its size does not fit in an integer") }
                stored[0] = rows
            }
            return isTransposed ? stored.reversed() : stored
        }
    }

    /// Prefixes of the family's own wrappers.
    var prefixes: [String]
    /// Old endings of names, and the current ones.
    var endings: [(old: String, new: String)] = []
    /// Weights outside of the layers, by their names in ``Transformer`` without side and kind.
    var outside: [String: Place]
    /// Alternative names, used if the checkpoint lacks the first.
    var alternatives: [String: String] = [:]
    /// The prefix of layers; the number and a dot follow.
    var layers: String
    /// Weights of a layer, by their names in ``Transformer`` without the layer's prefix and kind.
    var inLayer: [String: Place]
    /// Prefixes outside of the layers that may have no other weights.
    var checked: [String]
    /// Names of tensors that are not weights.
    var unread: Set<String> = []
    /// Names of tensors in layers that are not weights; prefixes end with a dot.
    var unreadInLayer: Set<String> = []

    /// The place of a weight, with the tensor's full name.
    ///
    /// - Parameter name: Such as `decoder/layers/3/attention/query/weight`; the sides share their places.
    func place(of name: String) -> Place {
        guard let place = known(name) else { preconditionFailure("the family's map has no place for \(name)") }
        return place
    }

    /// The place of a weight; nil for a weight that the family does not have.
    func known(_ name: String) -> Place? {
        var parts = name.split(separator: "/").map(String.init)
        let kind = parts.removeLast()
        if ["encoder", "decoder"].contains(parts.first) { parts.removeFirst() }
        var prefix = ""
        let known: [String: Place]
        if parts.first == "layers" {
            prefix = "\(layers)\(parts[1])."
            parts.removeFirst(2)
            known = inLayer
        } else {
            known = outside
        }
        guard var place = known[parts.joined(separator: "/")] else { return nil }
        place.name = "\(prefix)\(place.name).\(kind == "scale" ? "weight" : kind)"
        return place
    }

    /// The weight's name in graphs: the name of its tensor, and of its part if it shares the tensor.
    func label(of name: String) -> String {
        let place = place(of: name)
        guard place.part != nil else { return place.name }
        let role = name.split(separator: "/").dropLast().last.map(String.init) ?? ""
        return "\(place.name).\(role)"
    }

    /// Whether ignoring a tensor would change the result: a tensor among the embeddings or in a layer without a place
    /// here.
    ///
    /// - Parameter name: The name without prefixes, in the current spelling.
    func isUnknown(_ name: String, layerCount: Int) -> Bool {
        if name.hasPrefix(layers) {
            let rest = name.dropFirst(layers.count)
            let number = rest.prefix { $0 != "." }
            guard let layer = Int(number), layer < layerCount else { return false }
            let inside = rest.dropFirst(number.count + 1)
            if unreadInLayer.contains(where: { $0.hasSuffix(".") ? inside.hasPrefix($0) : inside == $0 }) {
                return false
            }
            return !inLayer.values.contains { inside == "\($0.name).weight" || inside == "\($0.name).bias" }
        }
        guard checked.contains(where: name.hasPrefix), !unread.contains(name) else { return false }
        // A table has no bias.
        let tables: Set<String> = ["embedding", "token_types", "positions"]
        return !outside.contains { key, place in
            name == "\(place.name).weight" || !tables.contains(key) && name == "\(place.name).bias"
        }
    }
}
