public import AttendRuntime

extension LoadedModel {
    /// The inputs of a graph of this model, with the defaults of Hugging Face's transformers: an `attention_mask` of
    /// ones, `token_type_ids` of zeros, and a `pooling_mask` equal to the `attention_mask`.
    ///
    /// - Parameters:
    ///   - tensors: Int64 `[batch, tokens]` each, by name; `input_ids` is required.
    ///   - graph: A graph of this model, whose inputs are filled in.
    /// - Throws: ``ModelError`` for missing `input_ids`, for ids, positions and token types outside the model's tables,
    ///   for an unknown tensor, and for a decoder's `position_ids` that don't count up by one without an
    ///   `attention_mask`.
    /// - Complexity: O(elements).
    public func inputs(_ tensors: [String: Tensor], of graph: Graph) throws -> [String: Tensor] {
        let names = graph.inputs.map { graph.values[$0].name }
        let required = ["input_ids", "input_features", "decoder_input_ids"].filter(names.contains)
        for name in required where tensors[name] == nil {
            let given = tensors.isEmpty ? "no tensor" : tensors.keys.sorted().joined(separator: ", ")
            throw ModelError(path: folder, reason: "\(name) is missing (given: \(given))")
        }
        let known = Set(names).union(configuration.readsPositions ? ["position_ids"] : []).sorted()
        for name in tensors.keys.sorted() where !names.contains(name) {
            throw ModelError(
                path: folder,
                reason:
                    """
                    the model does not read \(name)\(Nearest.hint(for: name, among: known)) (it reads \
                    \(known.joined(separator: ", ")))
                    """
            )
        }
        if configuration.decoder != nil, !configuration.hasTwoStacks, tensors["attention_mask"] == nil,
            let positions = tensors["position_ids"]
        {
            try checkConsecutive(positions)
        }
        for name in ["input_ids", "decoder_input_ids"] {
            try checkRange(tensors[name], name, configuration.vocabularySize, "the vocabulary")
        }
        try checkRange(tensors["token_type_ids"], "token_type_ids", configuration.tokenTypeCount, "the token types")
        // Angles are products with float32 positions.
        try checkRange(
            tensors["position_ids"], "position_ids", configuration.positionRows ?? 1 << 24, "the positions")
        let stacks =
            configuration.hasTwoStacks
            ? [("input_ids", configuration.encoder), ("decoder_input_ids", configuration.decoder)]
            : [("input_ids", configuration.mainStack)]
        for (name, stack) in stacks {
            guard let limit = stack?.tokenLimit, tensors["position_ids"] == nil, let ids = tensors[name],
                ids.shape.count == 2, ids.shape[1] > limit
            else { continue }
            throw ModelError(
                path: folder,
                reason: "\(name) has \(ids.shape[1]) tokens a sequence; the model has \(limit) positions")
        }
        var inputs = tensors
        let defaults = [
            ("attention_mask", "input_ids", 1), ("decoder_attention_mask", "decoder_input_ids", 1),
            ("token_type_ids", "input_ids", 0)
        ]
        for (name, beside, value) in defaults where names.contains(name) && inputs[name] == nil {
            guard let ids = tensors[beside] else { continue }
            inputs[name] = try Tensor(Array(repeating: Int64(value), count: ids.elementCount), shape: ids.shape)
        }
        let pooled = SentenceFeatures.poolingMaskName
        if names.contains(pooled), inputs[pooled] == nil { inputs[pooled] = inputs["attention_mask"] }
        return inputs
    }

    /// Throws for an index outside a table of the model: a graph would count negative indices from the end.
    private func checkRange(_ tensor: Tensor?, _ name: String, _ count: Int?, _ table: String) throws {
        guard let count, let values = try? tensor?.integers(),
            let place = values.firstIndex(where: { $0 < 0 || $0 >= count })
        else { return }
        throw ModelError(
            path: folder,
            reason: "\(name): element \(place) is \(values[place]); expected 0 to \(count - 1), the range of \(table)")
    }

    /// Throws for positions that don't count up by one: without a mask, transformers treats them as several sequences
    /// in one row.
    private func checkConsecutive(_ positions: Tensor) throws {
        guard positions.shape.count == 2, let width = positions.shape.last, let values = try? positions.integers()
        else {
            return
        }
        for index in values.indices.dropFirst()
        where index % width != 0 && values[index] != values[index - 1].addingReportingOverflow(1).partialValue {
            throw ModelError(
                path: folder,
                reason:
                    """
                    position_ids [\(index / width), \(index % width)] is \(values[index]) after \(values[index - 1]): \
                    without an attention_mask, such positions mean several sequences in one row, which is not \
                    supported; give the attention_mask too
                    """
            )
        }
    }

    /// The token that a decoder beside an encoder starts with.
    ///
    /// - Throws: ``ModelError`` that names the setting.
    var decoderStartID: Int {
        get throws {
            try files.settings.read { root in
                let key = "decoder_start_token_id"
                guard let node = try root.optional(key) else {
                    throw JSONError.type(path: key, expected: "the id of the decoder's first token", found: "none")
                }
                return try node.integer(atLeast: 0)
            }
        }
    }

    /// The tokenizer in the transformer's folder.
    ///
    /// - Throws: ``ModelError`` or ``TokenizerError`` that names the missing or invalid file.
    func tokenizer() throws -> ModelTokenizer {
        try ModelTokenizer(
            folder: list.transformerFolder, configuration, transformer, standardClass: files.family.tokenizerClass)
    }

    /// Throws for a chat template, which sentence-transformers applies to every text of a transformer without
    /// `modules.json`.
    func refuseChats() throws {
        guard !list.isListed else { return }
        if let template = try InputFile.ifPresent("\(folder)/chat_template.jinja") {
            throw ModelError(path: template.path, reason: "chat templates are not supported")
        }
        try ModelFile.optional("\(folder)/tokenizer_config.json")?.read { root in
            guard let template = try root.optional("chat_template") else { return }
            throw template.unexpected("no chat template: chat templates are not supported")
        }
    }
}
