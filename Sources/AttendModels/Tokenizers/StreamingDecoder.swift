/// Decodes ids one after another. Text appears as soon as it can't change any more: a character whose bytes are in
/// several tokens appears with the last of them. Byte tokens such as `<0x0A>` appear with the first token after them: one
/// byte too many would make the whole run U+FFFD.
///
/// ```swift
/// var decoder = StreamingDecoder(tokenizer)
/// for id in ids { print(try decoder.append(id), terminator: "") }
/// print(try decoder.finish())
/// ```
///
/// The parts together are the text that ``TextTokenizer/decode(_:skippingSpecialTokens:)`` makes of all ids.
public struct StreamingDecoder: Sendable {
    private let tokenizer: TextTokenizer
    private let skipsSpecialTokens: Bool
    /// The last ids, of which the first ones are the context of those without their text yet.
    private var window: [Int] = []
    /// The text of the context.
    private var context: [Unicode.Scalar] = []
    /// Whether the last id's text may still change.
    private var isOpen = false

    /// Ids of the window above which its first ones are dropped, and those that are left.
    private static let (largestWindow, smallestWindow) = (48, 16)

    /// A decoder at the start of a text.
    public init(_ tokenizer: TextTokenizer, skippingSpecialTokens: Bool = true) {
        (self.tokenizer, skipsSpecialTokens) = (tokenizer, skippingSpecialTokens)
    }

    /// The text that an id completes; empty if its last character may go on. O(1), but for ids that complete nothing.
    ///
    /// - Throws: ``TokenizerError`` for an id outside the vocabulary, which is left out.
    public mutating func append(_ id: Int) throws(TokenizerError) -> String {
        window.append(id)
        let text: [Unicode.Scalar]
        do {
            text = try scalars(window)
        } catch {
            window.removeLast()
            throw error
        }
        // Bytes that are no character yet are shown as U+FFFD.
        isOpen = tokenizer.isOpen(id, skippingSpecialTokens: skipsSpecialTokens) ?? isOpen
        guard !isOpen, text.last != "\u{FFFD}", text.starts(with: context) else { return "" }
        let new = text[context.count...]
        context = text
        if window.count > StreamingDecoder.largestWindow { try shrink() }
        return StreamingDecoder.string(new)
    }

    /// The rest of the text; U+FFFD stands for bytes that are no character. The decoder is then at the start of a text
    /// again.
    ///
    /// - Throws: Nothing for ids that ``append(_:)`` took.
    public mutating func finish() throws(TokenizerError) -> String {
        let text = try scalars(window)
        let rest = text.starts(with: context) ? text[context.count...] : []
        (window, context, isOpen) = ([], [], false)
        return StreamingDecoder.string(rest)
    }

    /// Drops the first ids of a window whose text is complete, if the others have the end of the same text: not where
    /// they start within a character. Enough stay that the next text does not start with them: decoders drop blanks at the
    /// start of a text.
    private mutating func shrink() throws(TokenizerError) {
        let rest = Array(window.suffix(StreamingDecoder.smallestWindow))
        let text = try scalars(rest)
        guard context.suffix(text.count).elementsEqual(text), text.contains(where: { !$0.properties.isWhitespace })
        else { return }
        (window, context) = (rest, text)
    }

    private func scalars(_ ids: [Int]) throws(TokenizerError) -> [Unicode.Scalar] {
        Array(try tokenizer.decode(ids, skippingSpecialTokens: skipsSpecialTokens).unicodeScalars)
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
