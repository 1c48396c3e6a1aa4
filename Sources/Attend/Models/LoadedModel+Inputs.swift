public import AttendCore

extension LoadedModel {
    /// The inputs of a graph of this model, with those that Hugging Face's transformers fills in: an `attention_mask` of ones, and
    /// `token_type_ids` of zeros.
    ///
    /// - Parameter graph: With the names of the inputs.
    /// - Throws: ``ModelError`` without `input_ids`, for a tensor that the model does not read, and for a decoder's `position_ids` that
    ///   don't count up where there is no `attention_mask`.
    public func inputs(_ tensors: [String: Tensor], of graph: Graph) throws -> [String: Tensor] {
        let names = graph.inputs.map { graph.values[$0].name }
        guard let ids = tensors["input_ids"] else {
            throw ModelError(
                path: folder, reason: "input_ids is missing (given: \(tensors.keys.sorted().joined(separator: ", ")))")
        }
        for name in tensors.keys.sorted() where !names.contains(name) {
            throw ModelError(
                path: folder,
                reason:
                    "the model does not read \(name)\(Nearest.hint(for: name, among: names)) (it reads \(names.sorted().joined(separator: ", ")))"
            )
        }
        if configuration.decoder != nil, tensors["attention_mask"] == nil, let positions = tensors["position_ids"] {
            try checkConsecutive(positions)
        }
        var inputs = tensors
        for (name, value) in [("attention_mask", 1), ("token_type_ids", 0)]
        where names.contains(name) && inputs[name] == nil {
            inputs[name] = try Tensor(Array(repeating: Int64(value), count: ids.elementCount), shape: ids.shape)
        }
        return inputs
    }

    /// Throws for positions that transformers takes for several sequences in one row: where no mask is given, those that don't count up by
    /// one.
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
                    "position_ids [\(index / width), \(index % width)] is \(values[index]) after \(values[index - 1]): give the attention_mask too, as without one such positions mean several sequences in one row, which is not supported"
            )
        }
    }

    /// The tokenizer beside the transformer.
    ///
    /// - Throws: ``ModelError`` or ``TokenizerError`` that names the missing file, or what is wrong with it.
    func tokenizer() throws -> ModelTokenizer {
        if !list.isListed { try refuseChats() }
        try files.family.checkTokenizer(folder: list.transformerFolder)
        return try ModelTokenizer(folder: list.transformerFolder, configuration, transformer)
    }

    /// Throws for a chat template, which sentence-transformers applies to every text of a transformer without `modules.json`.
    private func refuseChats() throws {
        if let template = try InputFile.ifPresent("\(folder)/chat_template.jinja") {
            throw ModelError(path: template.path, reason: "chat templates are not known here")
        }
        try ModelFile.optional("\(folder)/tokenizer_config.json")?.read { root in
            guard let template = try root.optional("chat_template") else { return }
            throw template.unexpected("nothing: chat templates are not known here")
        }
    }
}
