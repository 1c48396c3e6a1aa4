import AttendRuntime

/// Turns text into the ids of a model's vocabulary and back.
public protocol Tokenizer: Sendable {
    /// - Parameters:
    ///   - pair: A second text, for models that compare two.
    ///   - addingSpecialTokens: Whether to add what the model expects around the text, such as [CLS] and [SEP].
    ///   - maximumLength: The longest result, special tokens included; the longer text loses its end first.
    func encode(_ text: String, pair: String?, addingSpecialTokens: Bool, maximumLength: Int?) -> Encoding

    /// - Throws: ``TokenizerError`` for an id outside of the vocabulary.
    func decode(_ ids: [Int], skippingSpecialTokens: Bool) throws(TokenizerError) -> String
}

/// A text as a model sees it.
public struct Encoding: Sendable, Hashable {
    public var ids: [Int]
    /// 0 for the first text, 1 for the second.
    public var typeIDs: [Int]
    /// Tokens of the text that are not in ``ids``, as it was longer than was asked for.
    public var omittedCount: Int

    public init(ids: [Int], typeIDs: [Int], omittedCount: Int = 0) {
        (self.ids, self.typeIDs, self.omittedCount) = (ids, typeIDs, omittedCount)
    }
}

/// Why a tokenizer can't be read or used.
public struct TokenizerError: Error, Sendable, Hashable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { ErrorText.shortened("\(path): \(reason)") }
}
