/// Text that grows token by token up to a stop text.
struct TextStream {
    private let tokenizer: TextTokenizer
    private var decoder: StreamingDecoder
    private let stops: [String]
    /// The text that was given out.
    private(set) var text = ""
    /// Text that may be the beginning of a stop text.
    private var held = ""
    /// Whether a stop text was found.
    private(set) var isStopped = false

    init(_ tokenizer: TextTokenizer, stops: [String]) {
        (self.tokenizer, decoder) = (tokenizer, StreamingDecoder(tokenizer))
        self.stops = stops.filter { !$0.isEmpty }
    }

    /// Reads tokens before the text.
    mutating func skip(_ ids: [Int]) throws {
        for id in ids where tokenizer.token(of: id) != nil { _ = try decoder.append(id) }
    }

    /// The text that can't change any more with this token.
    mutating func append(_ id: Int) throws -> String {
        // A model may have more rows than its tokenizer has tokens; those have no text.
        guard tokenizer.token(of: id) != nil else { return "" }
        return take(try decoder.append(id), isLast: false)
    }

    /// The rest of the text.
    mutating func finish() throws -> String { take(try decoder.finish(), isLast: true) }

    private mutating func take(_ new: String, isLast: Bool) -> String {
        guard !isStopped else { return "" }
        // Scalars, since a stop text may end inside of a character.
        var pending = Array((held + new).unicodeScalars)
        held = ""
        let places = stops.compactMap { TextStream.place(of: Array($0.unicodeScalars), in: pending) }
        if let place = places.min() {
            isStopped = true
            pending = Array(pending[..<place])
        } else if !isLast {
            let kept = stops.map { TextStream.overlap(of: Array($0.unicodeScalars), with: pending) }.max() ?? 0
            held = TextStream.string(pending.suffix(kept))
            pending.removeLast(kept)
        }
        let out = TextStream.string(pending[...])
        text += out
        return out
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private static func place(of stop: [Unicode.Scalar], in text: [Unicode.Scalar]) -> Int? {
        guard stop.count <= text.count else { return nil }
        return (0...text.count - stop.count).first { text[$0..<$0 + stop.count].elementsEqual(stop) }
    }

    /// The length of the longest end of the text that a stop text begins with.
    private static func overlap(of stop: [Unicode.Scalar], with text: [Unicode.Scalar]) -> Int {
        (0..<min(stop.count, text.count + 1)).reversed().first { text.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }
}
