import AttendRuntime

/// A mapping between text and the token ids of a model's vocabulary.
public protocol Tokenizer: Sendable {
    /// Encodes a text, or a pair of texts.
    ///
    /// - Parameters:
    ///   - pair: A second text, for models that compare two.
    ///   - addingSpecialTokens: Whether to add the model's special tokens around the text, such as [CLS] and [SEP].
    ///   - maximumLength: The maximum number of ids, special tokens included; the longer text is truncated first. Nil
    ///     for no limit.
    func encode(_ text: String, pair: String?, addingSpecialTokens: Bool, maximumLength: Int?) -> Encoding

    /// Decodes ids to text.
    ///
    /// - Parameter skippingSpecialTokens: Whether to omit special tokens such as [CLS].
    /// - Throws: ``TokenizerError`` for an id outside the vocabulary.
    func decode(_ ids: [Int], skippingSpecialTokens: Bool) throws(TokenizerError) -> String
}

/// A tokenized text.
public struct Encoding: Sendable, Hashable {
    /// The token ids.
    public var ids: [Int]
    /// The type of each token: 0 for the first text, 1 for the second.
    public var typeIDs: [Int]
    /// The number of tokens removed by truncation.
    public var omittedCount: Int

    /// An encoding of ids and their types.
    public init(ids: [Int], typeIDs: [Int], omittedCount: Int = 0) {
        (self.ids, self.typeIDs, self.omittedCount) = (ids, typeIDs, omittedCount)
    }
}

/// An error in a tokenizer's files or in its use.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The tokenizer's file.
    public let path: String
    /// The problem, with the setting, the expected and the found value where they apply.
    public let reason: String

    /// An error about a file.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// The path and the reason, shortened if very long.
    public var description: String { ErrorText.shortened("\(path): \(reason)") }
}
