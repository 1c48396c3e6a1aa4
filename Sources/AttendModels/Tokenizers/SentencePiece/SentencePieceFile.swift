import AttendRuntime

/// A file of SentencePiece (Kudo and Richardson 2018), `.spm` or `.model`: `sentencepiece_model.proto` of
/// google/sentencepiece.
struct SentencePieceFile: Sendable {
    enum Kind: UInt64 {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    struct Piece: Sendable {
        var text = ""
        var score: Float = 0
        var kind = Kind.normal
    }

    let path: String
    private(set) var pieces: [Piece] = []
    /// Whether unknown text becomes pieces such as `<0xE2>`.
    private(set) var fallsBackToBytes = false
    private(set) var normalizer = SentencePieceNormalizer()

    private static let largestByteCount = 100_000_000

    /// - Throws: ``TokenizerError`` for a file that can't be read, or a model that is not a unigram one.
    init(_ path: String) throws(TokenizerError) {
        let bytes = try TokenizerError.naming(path) {
            try InputFile.contents(of: path, limit: SentencePieceFile.largestByteCount)
        }
        try self.init(bytes: bytes, path: path)
    }

    init(bytes: [UInt8], path: String) throws(TokenizerError) {
        self.path = path
        var suffixes = false
        do throws(ProtobufReader.Malformed) {
            var reader = ProtobufReader(bytes[...])
            while let (field, content) = try reader.next() {
                switch field {
                case 1: pieces.append(try SentencePieceFile.piece(content))
                case 2: suffixes = try readTrainer(content)
                case 3: normalizer = try SentencePieceNormalizer(content)
                default: break
                }
            }
        } catch {
            throw TokenizerError(path: path, reason: "is no SentencePiece model: \(error.description)")
        }
        normalizer.suffixesSpace = suffixes
        normalizer.userDefined = pieces.filter { $0.kind == .userDefined }.map { Array($0.text.utf8) }
        guard pieces.contains(where: { $0.kind == .unknown }) else {
            throw TokenizerError(path: path, reason: "is no SentencePiece model: it has no unknown piece")
        }
        guard !pieces.contains(where: { !$0.score.isFinite }) else {
            throw TokenizerError(path: path, reason: "has a piece whose score is not finite")
        }
    }

    private static func piece(_ content: ProtobufReader.Content) throws(ProtobufReader.Malformed) -> Piece {
        var piece = Piece()
        guard let bytes = content.bytes else { throw .init(description: "a piece that is no message") }
        var reader = ProtobufReader(bytes)
        while let (field, content) = try reader.next() {
            switch field {
            case 1:
                guard let text = content.text else { throw .init(description: "a piece that is not UTF-8") }
                piece.text = text
            case 2:
                guard let score = content.float else { throw .init(description: "a score that is no number") }
                piece.score = score
            case 3:
                guard let kind = content.number.flatMap(Kind.init) else {
                    throw .init(description: "a piece of an unknown type")
                }
                piece.kind = kind
            default: break
            }
        }
        return piece
    }

    /// - Returns: Whether blanks are suffixes of words.
    private mutating func readTrainer(_ content: ProtobufReader.Content) throws(ProtobufReader.Malformed) -> Bool {
        guard let bytes = content.bytes else { throw .init(description: "trainer_spec is no message") }
        var reader = ProtobufReader(bytes)
        var suffixes = false
        while let (field, content) = try reader.next() {
            switch field {
            case 3:
                let names: [UInt64: String] = [2: "BPE", 3: "WORD", 4: "CHAR"]
                guard content.number == 1 else {
                    let name = content.number.map { names[$0] ?? "\($0)" } ?? "no number"
                    throw .init(description: "trainer_spec.model_type: expected UNIGRAM, found \(name)")
                }
            case 24: suffixes = content.number == 1
            case 35: fallsBackToBytes = content.number == 1
            default: break
            }
        }
        return suffixes
    }
}
