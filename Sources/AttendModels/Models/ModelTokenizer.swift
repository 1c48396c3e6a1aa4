import AttendRuntime

/// A transformer's tokenizer, with the settings of truncation and padding.
struct ModelTokenizer {
    let tokenizer: TextTokenizer
    let length: SequenceLength
    let sides: SequenceSides

    /// - Parameters:
    ///   - folder: The transformer's folder.
    ///   - settings: The settings of a sentence encoder around it.
    ///   - standardClass: The class of its tokenizer in transformers, if the folder names none.
    /// - Throws: ``ModelError`` or ``TokenizerError`` that names the file.
    init(
        folder: String, _ configuration: TransformerConfiguration, _ settings: TransformerSettings,
        standardClass: String
    ) throws {
        let parts = try TokenizerParts(
            folder: folder, lowercases: settings.lowercases, overrides: settings.tokenizer,
            standardClass: standardClass)
        let options = try ModelFile.optional("\(folder)/tokenizer_config.json")
        sides = SequenceSides([
            settings.sides, try options?.read { try SequenceSides.Settings($0) } ?? SequenceSides.Settings(),
            parts.sides
        ])
        tokenizer = try TextTokenizer(parts, cutsStart: sides.cutsStart)
        let rowCount = configuration.vocabularySize ?? 0
        guard tokenizer.vocabularySize <= rowCount else {
            throw ModelError(
                path: tokenizer.path,
                reason:
                    """
                    its largest id is \(tokenizer.vocabularySize - 1), but the model's embedding table ends at \
                    \(rowCount - 1)
                    """
            )
        }
        // Models without token types ignore them.
        guard configuration.tokenTypeCount == 0 || tokenizer.largestTypeID < configuration.tokenTypeCount else {
            throw ModelError(
                path: tokenizer.path,
                reason:
                    """
                    post_processor: the largest token type is \(tokenizer.largestTypeID), but the model's token-type \
                    table (type_vocab_size) ends at \(configuration.tokenTypeCount - 1)
                    """
            )
        }
        let specialCount = tokenizer.encode("").ids.count
        let positionCount = configuration.positionCount ?? .max
        guard positionCount >= specialCount else {
            throw ModelError(
                path: "\(folder)/config.json",
                reason:
                    """
                    max_position_embeddings: expected at least \(specialCount), the number of special tokens of every \
                    text, found \(positionCount)
                    """
            )
        }
        length = try SequenceLength(
            settings.length, tokenizer: options,
            positions: .positions(positionCount, folder: folder), specialCount: specialCount)
    }
}
