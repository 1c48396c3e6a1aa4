/// SentencePiece's normalization: replacements by a table, blanks as ▁ and without runs.
struct SentencePieceNormalizer: Sendable {
    private var table: CharacterTable?
    private var addsDummyPrefix = true
    private var removesExtraBlanks = true
    private var escapesBlanks = true
    /// Whether the added blank stands at the end.
    var suffixesSpace = false
    /// Pieces that are left as they are.
    var userDefined: [[UInt8]] = []

    /// U+2581, ▁.
    static let blank: [UInt8] = [0xE2, 0x96, 0x81]

    init() {}

    /// Reads `normalizer_spec`.
    init(_ content: ProtobufReader.Content) throws(ProtobufReader.Malformed) {
        guard let bytes = content.bytes else { throw .init(description: "normalizer_spec is no message") }
        var reader = ProtobufReader(bytes)
        while let (field, content) = try reader.next() {
            switch field {
            case 2:
                let bytes = Array(content.bytes ?? [])
                guard !bytes.isEmpty else { continue }
                guard let table = CharacterTable(bytes: bytes) else {
                    throw .init(description: "normalizer_spec.precompiled_charsmap is no table")
                }
                self.table = table
            case 3: addsDummyPrefix = content.number != 0
            case 4: removesExtraBlanks = content.number != 0
            case 5: escapesBlanks = content.number != 0
            default: break
            }
        }
    }

    /// Whether a blank at the start of a decoded text is left out.
    var dropsFirstBlank: Bool { addsDummyPrefix || removesExtraBlanks }

    /// The normal form of a text in UTF-8. O(bytes).
    func normalized(_ text: [UInt8]) -> [UInt8] {
        let space = UInt8(ascii: " ")
        let blank = escapesBlanks ? SentencePieceNormalizer.blank : [space]
        var place = 0
        if removesExtraBlanks {
            while place < text.count {
                let (content, count) = next(text, place)
                guard content == [space] else { break }
                place += count
            }
        }
        guard place < text.count else { return [] }
        var result: [UInt8] = addsDummyPrefix && !suffixesSpace ? blank : []
        var isAfterBlank = removesExtraBlanks
        while place < text.count {
            let (content, count) = next(text, place)
            place += count
            let rest = isAfterBlank ? content.drop { $0 == space } : content[...]
            for byte in rest { if byte == space { result += blank } else { result.append(byte) } }
            if let last = rest.last { isAfterBlank = last == space }
            if !removesExtraBlanks { isAfterBlank = false }
        }
        if removesExtraBlanks { while result.suffix(blank.count) == blank[...] { result.removeLast(blank.count) } }
        if addsDummyPrefix, suffixesSpace { result += blank }
        return result
    }

    /// The replacement at a place, and the number of bytes that it replaces.
    private func next(_ text: [UInt8], _ place: Int) -> (content: [UInt8], count: Int) {
        let longest = userDefined.filter { text[place...].starts(with: $0) }.max { $0.count < $1.count }
        if let longest, !longest.isEmpty { return (longest, longest.count) }
        if let (content, count) = table?.longestReplacement(at: place, of: text) { return (content, count) }
        // A scalar: the text is valid UTF-8.
        var end = place + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        return (Array(text[place..<end]), end - place)
    }
}
