import AttendRuntime

/// `quantization` of `config.json`, as mlx-lm writes it: `group_size`, `bits` and, by the path of a module, `false` or
/// settings of its own.
struct QuantizationSettings: Sendable {
    /// The form of matrices without settings of their own.
    let form: QuantizedForm
    /// Forms by module; nil for one that is not quantized.
    let modules: [String: QuantizedForm?]

    private static let keys: Set<String> = ["bits", "group_size", "mode"]

    /// - Returns: Nil for a configuration without the key.
    /// - Throws: ``JSONError`` for a form that does not exist.
    static func read(_ root: JSONNode) throws(JSONError) -> QuantizationSettings? {
        guard let node = try root.optional("quantization") else { return nil }
        let form = try form(node)
        var modules: [String: QuantizedForm?] = [:]
        for (key, member) in try node.members() where !keys.contains(key) {
            switch member.value {
            case .bool(false): modules.updateValue(nil, forKey: key)
            case .bool(true): modules[key] = form
            case .object:
                if let (_, other) = try member.members().first(where: { !QuantizationSettings.keys.contains($0.key) }) {
                    throw other.unexpected("no such setting; bits, group_size and mode are known")
                }
                modules[key] = try QuantizationSettings.form(member)
            default: throw member.unexpected("false, or an object with bits and group_size")
            }
        }
        return QuantizationSettings(form: form, modules: modules)
    }

    private static func form(_ node: JSONNode) throws(JSONError) -> QuantizedForm {
        if let mode = try node.optional("mode"), try mode.string() != "affine" {
            throw mode.unexpected("\"affine\", the supported mode")
        }
        let (bits, group) = (try node.required("bits"), try node.required("group_size"))
        guard let form = QuantizedForm(bits: try bits.integer(), group: try group.integer()) else {
            throw QuantizedForm.bitCounts.contains(try bits.integer())
                ? group.unexpected("32, 64 or 128") : bits.unexpected("4 or 8")
        }
        return form
    }

    /// The form of the matrix in a tensor; nil for one that is not quantized.
    ///
    /// - Parameter name: The tensor's full name, `model.layers.0.self_attn.q_proj.weight`.
    func form(of name: String) -> QuantizedForm? {
        modules[name.droppingSuffix(".weight") ?? name] ?? form
    }

    /// The setting in `config.json`.
    static func json(_ form: QuantizedForm) -> JSONValue {
        .object([.init("group_size", .integer(form.group)), .init("bits", .integer(form.bits))])
    }
}

extension String {
    /// The rest before a suffix; nil for another ending.
    func droppingSuffix(_ suffix: String) -> String? { hasSuffix(suffix) ? String(dropLast(suffix.count)) : nil }
}
