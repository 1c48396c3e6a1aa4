import AttendRuntime

extension Preset {
    init(name: String, file: ModelFile) throws {
        self.name = name
        self.file = file.path
        let reader = PresetReader(file: file)
        (title, source, contextLimit, configuration) = try file.read { root in
            try reader.allow(
                root,
                [
                    "attend_preset", "title", "source", "width", "vocabulary", "context", "token_types",
                    "normalize_embeddings", "pooler", "norm", "norm_placement", "norm_epsilon", "activation", "gated",
                    "biases", "score_scale", "rotary_base", "unembedding", "logit_scale", "audio", "encoder",
                    "decoder"
                ])
            let version = try root.required("attend_preset").integer()
            guard version == 1 else {
                throw ModelError(
                    path: file.path, reason: "attend_preset: expected version 1, found \(version)")
            }
            return (
                try root.required("title").string(), try root.required("source").string(),
                try reader.size(root, "context"), try reader.configuration(root)
            )
        }
    }
}

/// Reads the sizes of a preset; unknown keys and words are errors.
private struct PresetReader {
    let file: ModelFile

    /// The activations by their names in presets.
    private static let activations: KeyValuePairs<String, Activation> = [
        "gelu": .gelu, "gelu_tanh": .geluTanh, "relu": .relu, "silu": .silu
    ]

    /// The layers with biases by their names in presets.
    private static let biases: KeyValuePairs<String, TransformerConfiguration.Biases> = [
        "all": .all, "all_but_key": .allButKey, "none": []
    ]

    func configuration(_ root: JSONNode) throws -> TransformerConfiguration {
        var configuration = TransformerConfiguration(
            modelDimension: try size(root, "width"), vocabularySize: try optionalSize(root, "vocabulary"))
        configuration.tokenTypeCount = try optionalSize(root, "token_types") ?? 0
        configuration.normalizesEmbeddings = try root.optional("normalize_embeddings")?.bool() ?? false
        configuration.hasPooler = try root.optional("pooler")?.bool() ?? false
        configuration.norm = try word(root, "norm")
        if configuration.norm != .none { configuration.normPlacement = try word(root, "norm_placement") }
        configuration.normEpsilon = try root.optional("norm_epsilon")?.number() ?? 1e-5
        if try root.optional("activation") != nil {
            configuration.activation = try named(root, "activation", PresetReader.activations)
        }
        configuration.isGated = try root.optional("gated")?.bool() ?? false
        configuration.biases = try named(root, "biases", PresetReader.biases)
        configuration.scoreScale = try root.optional("score_scale")?.number()
        configuration.unembedding = try word(root, "unembedding")
        configuration.logitScale = try root.optional("logit_scale")?.number()
        configuration.audio = try root.optional("audio").map { node in
            try allow(node, ["bins", "positions"])
            return TransformerConfiguration.Audio(
                binCount: try size(node, "bins"), positionCount: try size(node, "positions"))
        }
        configuration.encoder = try root.optional("encoder").map(stack)
        configuration.decoder = try root.optional("decoder").map(stack)
        if let node = try root.optional("rotary_base") {
            let base = try node.number()
            // A smaller base would make frequencies grow with the dimension, to angles beyond the precision of float32.
            guard base >= 1 else { throw node.unexpected("a number of at least 1") }
            configuration.encoder?.rotary.base = base
            configuration.decoder?.rotary.base = base
        }
        try check(configuration)
        return configuration
    }

    /// Throws for sizes that contradict each other.
    private func check(_ configuration: TransformerConfiguration) throws {
        if configuration.unembedding != .none, configuration.vocabularySize == nil {
            throw ModelError(path: file.path, reason: "unembedding: logits need a vocabulary, which is missing")
        }
        guard configuration.encoder != nil || configuration.decoder != nil else {
            throw ModelError(path: file.path, reason: "it has neither an encoder nor a decoder")
        }
        if configuration.encoder != nil, configuration.decoder != nil, configuration.vocabularySize == nil,
            configuration.audio == nil
        {
            throw ModelError(
                path: file.path, reason: "vocabulary is missing: an encoder and a decoder can't both read embeddings")
        }
    }

    private func stack(_ node: JSONNode) throws -> TransformerConfiguration.Stack {
        try allow(
            node,
            [
                "layers", "heads", "key_value_heads", "head_dimension", "feed_forward", "positions", "position_count"
            ])
        let (heads, few) = (try size(node, "heads"), try optionalSize(node, "key_value_heads"))
        if let few, heads % few != 0 {
            throw ModelError(
                path: file.path, reason: "\(node.path): \(heads) heads are not a multiple of \(few) key_value_heads")
        }
        let layers = try size(node, "layers")
        guard layers <= PresetReader.layerLimit else {
            throw JSONError.type(
                path: "\(node.path).layers", expected: "at most \(PresetReader.layerLimit)", found: "\(layers)")
        }
        let positions: TransformerConfiguration.Positions = try word(node, "positions")
        let count = try optionalSize(node, "position_count")
        if [.learned, .relative, .sinusoidalTable].contains(positions), count == nil {
            throw ModelError(
                path: file.path,
                reason: "\(node.path).position_count is missing: \(positions.rawValue) positions need it")
        }
        return TransformerConfiguration.Stack(
            layerCount: layers, headCount: heads, keyValueHeadCount: few,
            headDimension: try size(node, "head_dimension"),
            feedForwardDimension: try optionalSize(node, "feed_forward"), positions: positions, positionCount: count)
    }

    /// Larger sizes would overflow when they are multiplied.
    private static let sizeLimit = 1 << 20
    /// A layer has about twenty nodes.
    private static let layerLimit = 4096

    private func optionalSize(_ node: JSONNode, _ key: String) throws -> Int? {
        guard let node = try node.optional(key) else { return nil }
        let size = try node.integer()
        guard (1...PresetReader.sizeLimit).contains(size) else {
            throw JSONError.type(
                path: node.path, expected: "a size from 1 to \(PresetReader.sizeLimit)", found: "\(size)")
        }
        return size
    }

    func size(_ node: JSONNode, _ key: String) throws -> Int {
        guard let size = try optionalSize(node, key) else {
            throw JSONError.missing(path: node.path.isEmpty ? key : "\(node.path).\(key)")
        }
        return size
    }

    private func word<Word: RawRepresentable<String> & CaseIterable>(_ node: JSONNode, _ key: String) throws -> Word {
        let node = try node.required(key)
        let text = try node.string()
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONError.type(path: node.path, expected: "one of \(known)", found: "\"\(text)\"")
        }
        return word
    }

    private func named<Choice>(
        _ node: JSONNode, _ key: String, _ choices: KeyValuePairs<String, Choice>
    ) throws -> Choice {
        let node = try node.required(key)
        let name = try node.string()
        guard let choice = choices.first(where: { $0.key == name })?.value else {
            throw JSONError.type(
                path: node.path, expected: "one of \(choices.map(\.key).joined(separator: ", "))",
                found: "\"\(name)\"")
        }
        return choice
    }

    func allow(_ node: JSONNode, _ keys: [String]) throws {
        for (key, _) in try node.members() where !keys.contains(key) {
            let place = node.path.isEmpty ? key : "\(node.path).\(key)"
            throw ModelError(
                path: file.path, reason: "\(place) is not a key of a preset\(Nearest.hint(for: key, among: keys))")
        }
    }
}
