import AttendCore

/// The tokenizer beside a transformer, and how it treats texts that are too long or too short.
struct ModelTokenizer {
    let tokenizer: WordPieceTokenizer
    let length: SequenceLength
    let sides: SequenceSides

    /// - Parameters:
    ///   - folder: Of the transformer.
    ///   - settings: Of a sentence encoder around it.
    /// - Throws: ``ModelError`` or ``TokenizerError``, naming the file.
    init(folder: String, _ configuration: BERTConfiguration, _ settings: TransformerSettings) throws {
        let parts = try WordPieceParts(folder: folder, lowercases: settings.lowercases)
        let options = try ModelFile.optional("\(folder)/tokenizer_config.json")
        sides = SequenceSides([
            settings.sides, try options?.read { try SequenceSides.Settings($0) } ?? SequenceSides.Settings(),
            parts.sides
        ])
        tokenizer = try WordPieceTokenizer(parts, cutsStart: sides.cutsStart)
        guard tokenizer.vocabularySize <= configuration.vocabularySize else {
            throw ModelError(
                path: tokenizer.path,
                reason:
                    "it has ids up to \(tokenizer.vocabularySize - 1), but the model's table ends at \(configuration.vocabularySize - 1)"
            )
        }
        length = try SequenceLength(
            settings.length, tokenizer: options,
            positions: .positions(configuration.positionCount, folder: folder),
            specialCount: tokenizer.encode("").ids.count)
    }
}
