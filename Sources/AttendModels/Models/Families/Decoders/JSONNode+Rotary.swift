import AttendRuntime
private import Foundation

/// The settings of rotary positions, as `modeling_rope_utils.py` of transformers reads them.
extension JSONNode {
    /// The one setting of all layers: `rope_parameters` of transformers 5, or `rope_theta` and `rope_scaling` before.
    ///
    /// - Parameter headDimension: The size of one head.
    /// - Throws: ``JSONError`` for an unknown kind or setting, or a missing or invalid number.
    func rotary(headDimension: Int, defaultBase: Double = 10_000) throws(JSONError) -> RotarySettings {
        try refusePartialRotation()
        guard let node = try rotaryNode() else {
            return try rotary(JSONNode(.object([])), headDimension: headDimension, defaultBase: defaultBase)
        }
        return try rotary(node, headDimension: headDimension, defaultBase: defaultBase)
    }

    /// `rope_scaling`, else `rope_parameters`; nil if neither is given. An empty `rope_scaling` counts as none.
    func rotaryNode() throws(JSONError) -> JSONNode? {
        if let node = try optional("rope_scaling"), node.value != .object([]) { return node }
        return try optional("rope_parameters")
    }

    /// The families here rotate whole heads.
    func refusePartialRotation() throws(JSONError) {
        guard let node = try optional("partial_rotary_factor"), try node.number() != 1 else { return }
        throw node.unexpected("1: a partial rotation is not supported")
    }

    private static let rotaryKeys: Set<String> = [
        "attention_factor", "beta_fast", "beta_slow", "factor", "high_freq_factor", "long_factor", "low_freq_factor",
        "mscale", "mscale_all_dim", "original_max_position_embeddings", "partial_rotary_factor", "rope_theta",
        "rope_type", "short_factor", "truncate", "type"
    ]
    private static let rotaryTypes = ["default", "linear", "dynamic", "yarn", "longrope", "llama3"]

    /// Rotary positions by one object of settings; this node is the root.
    func rotary(
        _ node: JSONNode, headDimension: Int, defaultBase: Double
    ) throws(JSONError) -> RotarySettings {
        try node.allowKeys(JSONNode.rotaryKeys)
        try node.refusePartialRotation()
        guard headDimension.isMultiple(of: 2) else {
            throw .type(path: "head_dim", expected: "an even number, for rotary positions", found: "\(headDimension)")
        }
        var settings = RotarySettings(base: defaultBase)
        var base = try node.optional("rope_theta")
        if base == nil { base = try optional("rope_theta") }
        if let base {
            settings.base = try base.number()
            guard settings.base >= 1, settings.base.isFinite else { throw base.unexpected("a number of at least 1") }
        }
        var type = try node.optional("rope_type")
        if type == nil { type = try node.optional("type") }
        switch try type?.string() {
        case nil, "default": break
        case "linear": settings.scaling = .linear(factor: try node.positive("factor"))
        case "dynamic":
            guard headDimension > 2 else {
                throw .type(path: "head_dim", expected: "more than 2, for dynamic scaling", found: "\(headDimension)")
            }
            settings.scaling = .dynamic(
                factor: try node.positive("factor"),
                positions: try required("max_position_embeddings").integer(atLeast: 1))
        case "yarn": settings.scaling = .yarn(try yarn(node, base: settings.base))
        case "longrope": settings.scaling = .longRoPE(try longRoPE(node, pairs: headDimension / 2))
        case "llama3": settings.scaling = .llama3(try llama3(node))
        case let other?:
            throw .type(
                path: type?.path ?? "rope_type", expected: "one of \(JSONNode.rotaryTypes.joined(separator: ", "))",
                found: "\"\(other)\"\(Nearest.hint(for: other, among: JSONNode.rotaryTypes))")
        }
        return settings
    }

    /// The length of pretraining: in the settings, else beside them, else the number of positions.
    private func pretrainedPositions(_ node: JSONNode) throws(JSONError) -> Int {
        let key = "original_max_position_embeddings"
        let (inside, beside) = (try node.optional(key), try optional(key))
        if let inside, let beside, try inside.number() != beside.number() {
            throw inside.unexpected("the same number as \(key) beside it, \(beside.value.text)")
        }
        guard let node = inside ?? beside else {
            return try required("max_position_embeddings").integer(atLeast: 1)
        }
        return try node.integer(atLeast: 1)
    }

    /// `factor`, else the number of positions over the length of pretraining.
    private func extensionFactor(_ node: JSONNode, _ positions: Int) throws(JSONError) -> Double {
        guard try node.optional("factor") == nil else { return try node.positive("factor") }
        return Double(try required("max_position_embeddings").integer(atLeast: 1)) / Double(positions)
    }

    private func yarn(_ node: JSONNode, base: Double) throws(JSONError) -> RotaryScaling.YaRN {
        guard base > 1 else { throw .type(path: "rope_theta", expected: "more than 1, for yarn", found: "\(base)") }
        let positions = try pretrainedPositions(node)
        let factor = try extensionFactor(node, positions)
        /// 0 and null stand for the default.
        func number(_ key: String) throws(JSONError) -> Double? {
            guard let number = try node.optional(key)?.number(), number != 0 else { return nil }
            return number
        }
        func scale(_ multiple: Double) -> Double { factor <= 1 ? 1 : 0.1 * multiple * log(factor) + 1 }
        let attention: Double
        if let given = try node.optional("attention_factor") {
            attention = try given.number()
        } else if let one = try number("mscale"), let all = try number("mscale_all_dim") {
            attention = scale(one) / scale(all)
        } else {
            attention = scale(1)
        }
        return RotaryScaling.YaRN(
            factor: factor, attentionFactor: attention, fast: try number("beta_fast") ?? 32,
            slow: try number("beta_slow") ?? 1, positions: positions,
            truncates: try node.flag("truncate", default: true))
    }

    private func longRoPE(_ node: JSONNode, pairs: Int) throws(JSONError) -> RotaryScaling.LongRoPE {
        let positions = try pretrainedPositions(node)
        func divisors(_ key: String) throws(JSONError) -> [Double] {
            let list = try node.required(key)
            let elements = try list.elements()
            guard elements.count == pairs else {
                throw list.unexpected("\(pairs) numbers, half of the head dimension")
            }
            var divisors: [Double] = []
            for element in elements {
                let divisor = try element.number()
                guard divisor > 0 else { throw element.unexpected("a number above 0") }
                divisors.append(divisor)
            }
            return divisors
        }
        let attention: Double
        if let given = try node.optional("attention_factor") {
            attention = try given.number()
        } else {
            let factor = try extensionFactor(node, positions)
            attention = factor <= 1 ? 1 : (1 + log(factor) / log(Double(positions))).squareRoot()
        }
        return RotaryScaling.LongRoPE(
            short: try divisors("short_factor"), long: try divisors("long_factor"), attentionFactor: attention,
            positions: positions)
    }

    private func llama3(_ node: JSONNode) throws(JSONError) -> RotaryScaling.Llama3 {
        let (low, high) = (try node.positive("low_freq_factor"), try node.positive("high_freq_factor"))
        guard low < high else {
            throw try node.required("high_freq_factor").unexpected("more than low_freq_factor, \(low)")
        }
        return RotaryScaling.Llama3(
            factor: try node.positive("factor"), low: low, high: high, positions: try pretrainedPositions(node))
    }

    /// A required number above 0.
    private func positive(_ key: String) throws(JSONError) -> Double {
        let node = try required(key)
        let number = try node.number()
        guard number > 0 else { throw node.unexpected("a number above 0") }
        return number
    }
}
