import AttendRuntime

/// A family of transformers: the settings of its `config.json`, and the names of its weights.
///
/// To add a family, implement this protocol and add an instance to ``ModelFamilies/all``.
protocol ModelFamily: Sendable {
    /// The name in graphs and errors, such as `gpt2`.
    var name: String { get }
    /// The supported values of `model_type`.
    var modelTypes: Set<String> { get }
    /// The prefix of its class names in `architectures`, such as `GPT2`.
    var architecturePrefix: String { get }

    /// The configuration of a model.
    ///
    /// - Parameter root: The root of `config.json`. Settings that change a result are either supported or an error.
    /// - Throws: ``JSONError`` that names the setting, the expected and the found value.
    func configuration(_ root: JSONNode) throws(JSONError) -> TransformerConfiguration

    /// The places of the weights in a checkpoint of this family.
    func weights(of configuration: TransformerConfiguration) -> WeightMap

    /// Whether the model has a language-model head.
    ///
    /// - Parameters:
    ///   - architecture: The saved class; nil if `config.json` names none.
    ///   - contains: Whether the checkpoint has a tensor of this name.
    func hasLogits(architecture: String?, contains: (String) -> Bool) -> Bool

    /// The head of a model that classifies whole texts (`…ForSequenceClassification`), with the activation before its
    /// scores; nil for a family without such models.
    ///
    /// - Parameter labelCount: The number of scores.
    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier?

    /// Whether a class of transformers is of this family, such as `GPT2LMHeadModel`.
    func isNamed(by architecture: String) -> Bool

    /// The class of its tokenizers in transformers, if a folder names none.
    var tokenizerClass: String { get }
}

extension ModelFamily {
    func classifier(_ root: JSONNode, labelCount: Int) throws(JSONError) -> TransformerConfiguration.Classifier? { nil }

    /// Whether a class of transformers is of this family: `GPT2Model`, `GPT2LMHeadModel`, `GPT2ForTokenClassification`.
    func isNamed(by architecture: String) -> Bool {
        guard architecture.hasPrefix(architecturePrefix) else { return false }
        let rest = architecture.dropFirst(architecturePrefix.count)
        return ["For", "Model", "LMHead", "DoubleHeads", "PreTraining", "TextModel"].contains(where: rest.hasPrefix)
    }
}

/// The supported families.
enum ModelFamilies {
    static let all: [any ModelFamily] = [
        BERTFamily(), RoBERTaFamily(), DistilBERTFamily(), MPNetFamily(), ALBERTFamily(), ELECTRAFamily(),
        ModernBERTFamily(), GPT2Family(), LlamaFamily(), MistralFamily(), Qwen2Family(), Qwen3Family(), GemmaFamily(),
        Gemma2Family(), Gemma3Family(), T5Family(), BARTFamily(), MarianFamily(), WhisperFamily()
    ]

    /// The family of a `config.json`, by `model_type` or else by its architecture.
    ///
    /// - Throws: ``JSONError`` for an unsupported family.
    static func named(by root: JSONNode) throws(JSONError) -> any ModelFamily {
        let types = all.flatMap(\.modelTypes).sorted()
        let known = types.map { "\"\($0)\"" }.joined(separator: " or ")
        if let node = try root.optional("model_type") {
            let type = try node.string()
            guard let family = all.first(where: { $0.modelTypes.contains(type) }) else {
                throw .type(
                    path: node.path, expected: known, found: "\"\(type)\"\(Nearest.hint(for: type, among: types))")
            }
            return family
        }
        let name = try architecture(root)
        guard let name, let family = all.first(where: { $0.isNamed(by: name) }) else {
            let prefixes = all.map(\.architecturePrefix).joined(separator: " or ")
            throw .type(
                path: "model_type", expected: known,
                found: "neither model_type nor an architecture that begins with \(prefixes)")
        }
        return family
    }

    /// The first of `architectures`; nil if there is none.
    static func architecture(_ root: JSONNode) throws(JSONError) -> String? {
        try root.optional("architectures")?.elements().first?.string()
    }
}

/// Settings common to several families.
extension JSONNode {
    /// The first given size of these keys, from `least` to `most`; null is not replaced by the default.
    func size(
        _ keys: String..., default fallback: Int, atLeast least: Int = 1, atMost most: Int = .max
    ) throws(JSONError) -> Int {
        for key in keys {
            guard let node = try present(key) else { continue }
            let size = try node.integer(atLeast: least)
            guard size <= most else { throw node.unexpected("a whole number of at most \(most)") }
            return size
        }
        return fallback
    }

    /// A number of layers, of which each has about twenty nodes.
    static let mostLayers = 4096
    /// The largest numbers of heads and sizes of a head, whose products fit in an integer.
    static let mostHeads = 1 << 16
    /// The largest number of positions whose table is computed.
    static let mostPositions = 1 << 20

    /// The epsilon of norms.
    func epsilon(_ key: String, default fallback: Double) throws(JSONError) -> Double {
        guard let node = try present(key) else { return fallback }
        let value = try node.number()
        guard value >= 0, Float(value).isFinite else {
            throw node.unexpected("a non-negative number within the range of float32")
        }
        return value
    }

    /// An activation by its name in transformers.
    func activation(_ key: String, default fallback: String) throws(JSONError) -> Activation {
        let name = try present(key)?.string() ?? fallback
        guard let activation = Activation(transformersName: name) else {
            throw .type(
                path: key, expected: "one of \(Activation.transformersNames.joined(separator: ", "))",
                found: "\"\(name)\"\(Nearest.hint(for: name, among: Activation.transformersNames))")
        }
        return activation
    }

    /// The number of labels of a classifier, by default 2.
    func labelCount() throws(JSONError) -> Int {
        if let labels = try optional("id2label") {
            let count = try labels.members().count
            guard count > 0 else { throw labels.unexpected("at least one label") }
            return count
        }
        return try size("num_labels", default: 2)
    }

    /// The first given key of these, else the last.
    func given(_ keys: String...) -> String { keys.first { value[$0] != nil } ?? keys.last ?? "" }

    /// The size of one head.
    ///
    /// - Throws: ``JSONError`` where the heads don't divide the width.
    func headDimension(_ width: Int, heads: Int, _ widthKey: String, _ headsKey: String) throws(JSONError) -> Int {
        guard width % heads == 0 else {
            throw .type(
                path: widthKey, expected: "a multiple of \(headsKey), \(heads)",
                found: "\(width), which is not divisible by it")
        }
        return width / heads
    }

    /// Throws for unsupported settings that would change the result of any transformer.
    func refuseUnknownParts() throws(JSONError) {
        for key in ["pruned_heads", "per_layer_config", "quantization_config", "transformers_weights"] {
            guard let node = try optional(key), node.value != .object([]) else { continue }
            // mlx-lm writes its settings under both names.
            if key == "quantization_config", let own = try optional("quantization"), own.value == node.value {
                continue
            }
            throw node.unexpected("no such setting: it is not supported")
        }
    }
}
