import AttendRuntime

/// The maximum number of tokens of a text, special tokens included, and the setting it comes from.
///
/// As in sentence-transformers, `max_seq_length` takes precedence over the tokenizer's `model_max_length`. The number
/// of the transformer's positions is an upper limit in any case.
public struct SequenceLength: Sendable, Hashable {
    /// The maximum number of tokens, special tokens included.
    public let count: Int
    /// The setting, such as `max_seq_length in …/sentence_bert_config.json`.
    public let source: String

    /// All positions of a transformer.
    static func positions(_ count: Int, folder: String) -> SequenceLength {
        SequenceLength(count: count, source: "max_position_embeddings in \(folder)/config.json")
    }

    /// A length from a file.
    struct Setting {
        /// `Int.max` for any number beyond 64 bits, such as the 10³⁰ by which tokenizers mean "no limit".
        let count: Int
        let source: String
        fileprivate let key: String
        fileprivate let path: String

        /// - Throws: ``JSONError`` for anything but a positive integer.
        init(_ node: JSONNode, path: String) throws(JSONError) {
            switch node.value {
            case .integer(let number) where number >= 1: count = number
            case .number(let number) where number >= 0x1p63: count = .max
            default: throw node.unexpected("a number of tokens, at least 1")
            }
            source = "\(node.path) in \(path)"
            key = node.path
            self.path = path
        }
    }

    /// - Parameters:
    ///   - setting: The length in the module's own file.
    ///   - tokenizer: `tokenizer_config.json`, if present.
    ///   - specialCount: The number of special tokens around every text.
    /// - Throws: ``ModelError`` for an invalid length, or one with no room for the special tokens.
    init(_ setting: Setting?, tokenizer: ModelFile?, positions: SequenceLength, specialCount: Int) throws {
        var chosen = setting
        if chosen == nil {
            chosen = try tokenizer?.read { root in
                try (root.optional("model_max_length") ?? root.optional("max_len")).map {
                    try Setting($0, path: tokenizer?.path ?? "")
                }
            }
        }
        guard let chosen, chosen.count < positions.count else {
            self = positions
            return
        }
        guard chosen.count >= specialCount else {
            throw ModelError(
                path: chosen.path,
                reason:
                    """
                    \(chosen.key): expected at least \(specialCount), the number of special tokens of every text, \
                    found \(chosen.count)
                    """
            )
        }
        (count, source) = (chosen.count, chosen.source)
    }

    private init(count: Int, source: String) { (self.count, self.source) = (count, source) }
}
