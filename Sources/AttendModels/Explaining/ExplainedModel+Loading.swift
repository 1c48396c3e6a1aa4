public import AttendRuntime

extension ExplainedModel {
    /// The built-in model: two handmade blocks with a small vocabulary.
    ///
    /// - Parameter text: A text of words in its vocabulary; nil for "a fluffy blue creature roamed the verdant forest".
    /// - Throws: ``ExplanationError`` for a text with other words.
    public static func madeByHand(text: String? = nil) throws -> ExplainedModel {
        let files = ExampleFiles.bytes
        let words = try WordsFile(
            ModelFile(name: "creature.words.json", text: ExampleTexts.texts["creature.words"] ?? ""))
        return try ExplainedModel(Graph("creature.json", among: files), in: "creature.json", words, text: text)
    }

    /// A graph file with a vocabulary file `NAME.words.json` beside it.
    ///
    /// - Parameters:
    ///   - path: The graph file, usually `NAME.json`.
    ///   - text: A text of words in the vocabulary; nil for the text in the vocabulary file.
    /// - Throws: An error that names the file, or ``ExplanationError`` for a text with other words or a graph without
    ///   the captures of an explanation.
    public init(graphFile path: String, text: String?) throws {
        let stem = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
        try self.init(Graph(contentsOf: path), in: path, WordsFile(ModelFile("\(stem).words.json")), text: text)
    }

    private init(_ graph: Graph, in path: String, _ words: WordsFile, text: String?) throws {
        let encoded = try text.map { try words.encode($0) } ?? words.encodeOwn()
        let origin =
            words.isMadeByHand
            ? "No weight here was trained: all are handmade, just as the film's own example is made up."
            : "The weights come from the graph file."
        let focus = words.focus.flatMap { focus in encoded.firstIndex { $0.word == focus } }
        let ids = try Tensor(encoded.map { Int64($0.id) }, shape: [encoded.count])
        self.init(
            title: graph.name, origin: origin, graph: graph, inputs: ["tokens": ids], tokens: encoded.map(\.word),
            ids: encoded.map(\.id), features: words.features, focus: focus,
            vocabulary: { words.vocabulary.indices.contains($0) ? words.vocabulary[$0] : nil })
        let names: Set = ["embeddings.tokens", "embeddings", "layers.0.attention", "layers.0.hidden"]
        guard names.isSubset(of: captureNames), headCount(0) > 0, inputs.keys.contains("tokens"),
            graph.inputs.map({ graph.values[$0].name }) == ["tokens"]
        else { throw ExplanationError.noAttention(model: path) }
        if let limit = placeCount, encoded.count > limit {
            throw ExplanationError.tooLong(tokens: encoded.count, limit: limit)
        }
    }

    /// The number of rows of the position table, if the graph slices one.
    private var placeCount: Int? {
        guard let node = graph.nodes.first(where: { $0.name == "embeddings/positions" }),
            node.operation.primitive == .slice, let id = node.inputs[0],
            case .constant(let index) = graph.values[id].source
        else { return nil }
        return graph.constants[index].content.shape.first
    }

    /// A model's folder, in the format of sentence-transformers. The text is encoded without a prompt, and truncated to
    /// the number of the transformer's positions.
    ///
    /// Of a model of two stacks, the encoder is explained, which reads the text; with a target, the decoder, which reads
    /// the start token and the target's tokens but the last.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in; see ``LoadedModel``.
    /// - Throws: An error that names the file and the problem; ``ExplanationError/noAttention(model:)`` for a model
    ///   without layers.
    public init(folder: String, text: String, target: String? = nil, dtype: DType = .float32) throws {
        try self.init(LoadedModel(folder: folder, dtype: dtype), text: text, target: target)
    }

    /// A loaded model.
    ///
    /// - Throws: The errors of ``init(folder:text:target:dtype:)``.
    public init(_ model: LoadedModel, text: String, target: String? = nil) throws {
        // Matrices of heads are shown and multiplied.
        let model = model.dequantized()
        let folder = model.folder
        guard model.configuration.hasTwoStacks else {
            guard target == nil else {
                throw ModelError(path: folder, reason: "a target needs a model with an encoder and a decoder")
            }
            try self.init(model, folder, text)
            return
        }
        try self.init(twoStacks: model, folder, text, target)
    }

    private init(twoStacks model: LoadedModel, _ folder: String, _ text: String, _ target: String?) throws {
        guard model.configuration.audio == nil else {
            throw ModelError(
                path: folder, reason: "its encoder reads audio, and explain reads texts; attend run --inputs --capture")
        }
        let tokenizer = try model.tokenizer().tokenizer
        let (source, start) = (tokenizer.encode(text).ids, try model.decoderStartID)
        let ids = [start] + (target.map { tokenizer.encode($0).ids.dropLast() } ?? [])
        let graph = try model.graph(model.outputs.intersection([.logits, .lastHiddenState, .encoderLastHiddenState]))
        func row(_ ids: [Int]) throws -> Tensor { try Tensor(ids.map { Int64($0) }, shape: [1, ids.count]) }
        let inputs = try model.inputs(["input_ids": row(source), "decoder_input_ids": row(ids)], of: graph)
        func tokens(_ ids: [Int]) -> [String] { ids.map { tokenizer.token(of: $0) ?? "?" } }
        let shown = target == nil ? source : ids
        self.init(
            title: folder, origin: "Every number is captured from a run of \(folder).", graph: graph, inputs: inputs,
            tokens: tokens(shown), ids: shown, focus: shown.lastIndex { !tokenizer.specialIDs.contains($0) },
            vocabulary: { tokenizer.token(of: $0) })
        guard !shown.isEmpty, !source.isEmpty else { throw ExplanationError.noTokens }
        stack = target == nil ? "encoder." : "decoder."
        if target != nil {
            origin += " The decoder reads the start token and the target without its last token, which it predicts."
            self.source = tokens(source)
        }
        guard layerCount > 0 else { throw ExplanationError.noAttention(model: folder) }
    }

    private init(_ model: LoadedModel, _ folder: String, _ text: String) throws {
        let texts = try model.tokenizer()
        let tokenizer = texts.tokenizer
        let length = SequenceLength.positions(
            model.configuration.positionCount ?? .max, folder: model.list.transformerFolder)
        let encoding = tokenizer.encode(text, maximumLength: length.count)
        let shape = [1, encoding.ids.count]
        var inputs = [
            "input_ids": try Tensor(encoding.ids.map { Int64($0) }, shape: shape),
            "attention_mask": try Tensor(encoding.ids.map { _ in Int64(1) }, shape: shape)
        ]
        if model.configuration.tokenTypeCount > 0 {
            inputs["token_type_ids"] = try Tensor(encoding.typeIDs.map { Int64($0) }, shape: shape)
        }
        if model.pipeline.excludesPrompt {
            inputs[SentenceFeatures.poolingMaskName] = inputs["attention_mask"]
        }
        guard !encoding.ids.isEmpty else { throw ExplanationError.noTokens }
        let outputs = model.outputs.intersection([.logits, .lastHiddenState])
        self.init(
            title: folder, origin: "Every number is captured from a run of \(folder).",
            graph: try model.graph(outputs, addingModules: true), inputs: inputs,
            tokens: encoding.ids.map { tokenizer.token(of: $0) ?? "?" }, ids: encoding.ids,
            // The text's own last token, not a special one such as [SEP].
            focus: encoding.ids.lastIndex { !tokenizer.specialIDs.contains($0) },
            vocabulary: { tokenizer.token(of: $0) })
        pooling = model.pipeline.summary
        (omittedCount, readLength, cutsStart) = (encoding.omittedCount, length, texts.sides.cutsStart)
        guard layerCount > 0 else { throw ExplanationError.noAttention(model: folder) }
    }
}

/// The built-in example files.
enum ExampleFiles {
    /// The files' bytes by name.
    static let bytes: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        for (name, text) in ExampleTexts.texts { files["\(name).json"] = Array(text.utf8) }
        for (name, digits) in ExampleWeights.texts { files["\(name).safetensors"] = bytes(hexadecimal: digits) }
        return files
    }()

    private static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
