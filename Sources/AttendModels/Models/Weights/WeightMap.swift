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
        /// Whether it is a row, `[1, size]`, of a tensor whose name has no ending.
        var isRow = false

        init(_ name: String, isTransposed: Bool = false, part: Part? = nil, isRow: Bool = false) {
            (self.name, self.isTransposed, self.part, self.isRow) = (name, isTransposed, part, isRow)
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
            if isRow { return [1] + stored }
            return isTransposed ? stored.reversed() : stored
        }
    }

    /// The places in the layers of a stack.
    struct Layers: Sendable {
        /// The prefix of layers; the number and a dot follow.
        var prefix: String
        /// Weights of a layer, by their names in ``Transformer`` without the layer's prefix and kind.
        var places: [String: Place]
        /// Names of tensors in layers that are not weights; prefixes end with a dot.
        var unread: Set<String> = []

        /// The digits of the layer that a tensor's name tells; nil for a name outside of the layers.
        func number(in name: String) -> Substring? {
            guard name.hasPrefix(prefix) else { return nil }
            return name.dropFirst(prefix.count).prefix { $0 != "." }
        }
    }

    /// Prefixes of the family's own wrappers.
    var prefixes: [String]
    /// Old endings of names, and the current ones.
    var endings: [(old: String, new: String)] = []
    /// Weights outside of the layers, by their names in ``Transformer``; without kind or side for those that have one
    /// place.
    var outside: [String: Place]
    /// Alternative names, used if the checkpoint lacks the first; an alternative may have one too.
    var alternatives: [String: String] = [:]
    /// Names of tensors that must equal another one if the checkpoint has both.
    var copies: [String: String] = [:]
    /// The layers of each stack.
    var layers: [TransformerInterface.Side: Layers]
    /// Prefixes outside of the layers that may have no other weights.
    var checked: [String]
    /// Names of tensors that are not weights.
    var unread: Set<String> = []

    /// The places of a family with layers of one kind.
    init(
        prefixes: [String], endings: [(old: String, new: String)] = [], outside: [String: Place],
        alternatives: [String: String] = [:], layers: String, inLayer: [String: Place], checked: [String],
        unread: Set<String> = [], unreadInLayer: Set<String> = []
    ) {
        let both = Layers(prefix: layers, places: inLayer, unread: unreadInLayer)
        self.init(
            prefixes: prefixes, endings: endings, outside: outside, alternatives: alternatives,
            layers: [.encoder: both, .decoder: both], checked: checked, unread: unread)
    }

    init(
        prefixes: [String], endings: [(old: String, new: String)] = [], outside: [String: Place],
        alternatives: [String: String] = [:], copies: [String: String] = [:],
        layers: [TransformerInterface.Side: Layers], checked: [String], unread: Set<String> = []
    ) {
        (self.prefixes, self.endings, self.outside) = (prefixes, endings, outside)
        (self.alternatives, self.copies, self.layers) = (alternatives, copies, layers)
        (self.checked, self.unread) = (checked, unread)
    }

    /// Changes the layers of a family with layers of one kind.
    mutating func changeLayers(_ change: (inout Layers) -> Void) {
        layers = layers.mapValues { before in
            var after = before
            change(&after)
            return after
        }
    }

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
        let side = TransformerInterface.Side(rawValue: parts[0])
        let path = parts.joined(separator: "/")
        if side != nil { parts.removeFirst() }
        var prefix = ""
        let found: Place?
        if let side, parts.first == "layers" {
            guard let layers = layers[side] else { return nil }
            prefix = "\(layers.prefix)\(parts[1])."
            found = layers.places[parts.dropFirst(2).joined(separator: "/")]
        } else {
            found = outside["\(path)/\(kind)"] ?? outside[path] ?? outside[parts.joined(separator: "/")]
        }
        guard var place = found else { return nil }
        if !place.isRow { place.name = "\(prefix)\(place.name).\(kind == "scale" ? "weight" : kind)" }
        return place
    }

    /// The weight's name in graphs: the name of its tensor, and of its part if it shares the tensor.
    func label(of name: String) -> String {
        let place = place(of: name)
        guard place.part != nil else { return place.name }
        let role = name.split(separator: "/").dropLast().last.map(String.init) ?? ""
        return "\(place.name).\(role)"
    }

    /// A suggestion for a tensor that the family does not have: the nearest name of its layer, or outside of the layers.
    ///
    /// - Parameter name: The name without prefixes, in the current spelling.
    func hint(for name: String) -> String {
        var (prefix, places) = ("", Array(outside.values))
        for layers in layers.values {
            guard let number = layers.number(in: name) else { continue }
            (prefix, places) = ("\(layers.prefix)\(number).", Array(layers.places.values))
        }
        let known = places.flatMap { $0.isRow ? [$0.name] : ["\(prefix)\($0.name).weight", "\(prefix)\($0.name).bias"] }
        return Nearest.hint(for: name, among: known.sorted())
    }

    /// Number of layers of a stack that the tensors' names tell: the highest index and 1. 0 without such names.
    ///
    /// - Parameter names: Names without prefixes, in the current spelling.
    func storedLayerCount(_ side: TransformerInterface.Side, in names: some Collection<String>) -> Int {
        guard let layers = layers[side] else { return 0 }
        let indices = names.lazy.compactMap { layers.number(in: $0).flatMap { Int($0) } }
        return indices.max().map { $0.plus(1) } ?? 0
    }

    /// Whether ignoring a tensor would change the result: a tensor among the embeddings or in a layer without a place
    /// here.
    ///
    /// - Parameters:
    ///   - name: The name without prefixes, in the current spelling.
    ///   - layerCounts: The numbers of layers of the stacks.
    func isUnknown(_ name: String, layerCounts: [TransformerInterface.Side: Int]) -> Bool {
        for (side, count) in layerCounts {
            guard let layers = layers[side], let number = layers.number(in: name) else { continue }
            guard let layer = Int(number), layer < count else { return false }
            let inside = name.dropFirst(layers.prefix.count + number.count + 1)
            if layers.unread.contains(where: { $0.hasSuffix(".") ? inside.hasPrefix($0) : inside == $0 }) {
                return false
            }
            return !layers.places.values.contains { inside == "\($0.name).weight" || inside == "\($0.name).bias" }
        }
        guard checked.contains(where: name.hasPrefix), !unread.contains(name) else { return false }
        // A table has no bias.
        let tables: Set<String> = ["embedding", "token_types", "positions", "encoder/positions", "decoder/positions"]
        return !outside.contains { key, place in
            name == "\(place.name).weight" || !tables.contains(key) && name == "\(place.name).bias"
        }
    }
}
