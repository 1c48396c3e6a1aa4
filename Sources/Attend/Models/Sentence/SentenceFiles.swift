import AttendCore

/// The files of a sentence encoder's folder, read and understood; no weight is read yet.
struct SentenceFiles {
    let list: ModuleList
    let settings: SentenceSettings
    let transformer: TransformerSettings
    let encoder: BERTFiles
    let pipeline: SentencePipeline

    /// - Throws: ``ModelError`` or ``AttendCore/SafetensorsError``, naming the file.
    init(folder: String) throws {
        list = try ModuleList(folder: folder)
        // sentence-transformers reads these settings only beside a modules.json.
        settings = list.isListed ? try SentenceSettings(folder: folder) : SentenceSettings()
        transformer = list.isListed ? try TransformerSettings(folder: list.transformerFolder) : TransformerSettings()
        encoder = try BERTFiles(folder: list.transformerFolder, overrides: transformer.configuration)
        var pipeline = try SentencePipeline(list, bare: list.isListed ? .mean : SentenceFiles.pooling(of: folder))
        pipeline.truncatedDimension = settings.truncatedDimension
        self.pipeline = pipeline
        if !list.isListed { try SentenceFiles.refuseChats(folder) }
    }

    func tokenizer() throws -> ModelTokenizer {
        try ModelTokenizer(folder: list.transformerFolder, encoder.configuration, transformer)
    }

    /// Adds the modules after the transformer.
    func finish(_ states: BERTEncoder.States) throws {
        let value: Value
        switch transformer.output {
        case .lastHiddenState: value = states.hidden[states.hidden.count - 1]
        case .pooler: value = try states.pooled()
        case .hiddenState(let index):
            let place = index < 0 && index >= -states.hidden.count ? index + states.hidden.count : index
            guard states.hidden.indices.contains(place) else {
                throw ModelError(
                    path: list.transformerFolder,
                    reason:
                        "method_output_name: hidden_states has \(states.hidden.count) states, and none is number \(index)"
                )
            }
            value = states.hidden[place]
        }
        try pipeline.finish(
            states.builder, [transformer.outputName: value], attentionMask: states.attentionMask,
            isDeclared: states.isDeclared)
    }

    /// The pooling of a transformer without `modules.json`: the last token for a causal language model, else the mean.
    private static func pooling(of folder: String) throws -> Pooling.Mode {
        try ModelFile("\(folder)/config.json").read { root in
            guard let name = try root.optional("architectures")?.elements().first,
                try name.string().hasSuffix("ForCausalLM"), try root.flag("is_causal", default: true)
            else { return .mean }
            return .last
        }
    }

    /// Throws for a chat template, which sentence-transformers applies to every text of a transformer without `modules.json`.
    private static func refuseChats(_ folder: String) throws {
        if let template = try InputFile.ifPresent("\(folder)/chat_template.jinja") {
            throw ModelError(path: template.path, reason: "chat templates are not known here")
        }
        try ModelFile.optional("\(folder)/tokenizer_config.json")?.read { root in
            guard let template = try root.optional("chat_template") else { return }
            throw template.unexpected("nothing: chat templates are not known here")
        }
    }
}
