import AttendRuntime
private import Foundation

/// The models of a `tokenizer.json`, with their vocabularies.
extension TokenizerParts {
    private static let modelTypes = ["WordPiece", "BPE", "Unigram"]

    /// Reads the model. Older files have no type: byte-pair encoding has merges, and a unigram model a list for a
    /// vocabulary.
    mutating func readModel(_ model: JSONNode) throws {
        if let type = try model.present("type"), !TokenizerParts.modelTypes.contains(try type.string()) {
            throw type.unexpected(TokenizerParts.modelTypes.map { "\"\($0)\"" }.joined(separator: " or "))
        }
        let hasList = if case .array = try model.required("vocab").value { true } else { false }
        let merges = try model.present("merges")
        switch try model.optional("type")?.string() {
        case "BPE"?: try readPairs(model)
        case "Unigram"?: try readUnigram(model)
        case nil where merges != nil: try readPairs(model)
        case nil where hasList: try readUnigram(model)
        default: try readWordPieces(model)
        }
    }

    /// Reads the vocabulary of a WordPiece model, whose settings transformers' `BertTokenizer` has itself.
    mutating func readWordPieceVocabulary(_ model: JSONNode) throws {
        if let type = try model.present("type"), try type.string() != "WordPiece" {
            throw type.unexpected("\"WordPiece\", the model of BERT's tokenizers")
        }
        try readVocabulary(model)
    }

    private mutating func readWordPieces(_ model: JSONNode) throws {
        try model.allowKeys(["type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"])
        try readVocabulary(model)
        var settings = WordPiece()
        settings.unknownToken = try model.present("unk_token")?.string() ?? "[UNK]"
        settings.continuation = try model.present("continuing_subword_prefix")?.string() ?? "##"
        settings.maximumWordLength = try model.present("max_input_chars_per_word")?.integer(atLeast: 0) ?? 100
        self.model = .wordPiece(settings)
    }

    private mutating func readVocabulary(_ model: JSONNode) throws {
        let vocab = try model.required("vocab")
        guard case .object(let members) = vocab.value else {
            throw vocab.unexpected("an object of tokens and their ids")
        }
        // Paths of hundreds of thousands of nodes would take longer than the rest.
        for member in members {
            guard case .integer(let id) = member.value else {
                throw JSONNode(member.value, path: "\(vocab.path).\(member.key)").unexpected("an id")
            }
            try vocabulary.insert(member.key, id, path: path)
        }
    }

    private mutating func readPairs(_ model: JSONNode) throws {
        try model.allowKeys([
            "type", "vocab", "merges", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
            "fuse_unk", "byte_fallback", "ignore_merges"
        ])
        if let dropout = try model.optional("dropout"), try dropout.number() != 0 {
            throw dropout.unexpected("null or 0: merges are not left out at random")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try model.optional(key), try !affix.string().isEmpty {
                throw affix.unexpected("null or \"\"")
            }
        }
        try readVocabulary(model)
        let node = try model.required("merges")
        guard case .array(let list) = node.value else { throw node.unexpected("a list of merges") }
        var merges = MergeTable(capacity: list.count)
        for (rank, value) in list.enumerated() {
            func element() -> JSONNode { JSONNode(value, path: "\(node.path)[\(rank)]") }
            guard let (pair, leftCount) = TokenizerParts.pair(value) else {
                throw element().unexpected("two tokens, as a list or with one blank between them")
            }
            func id(_ token: ArraySlice<UInt8>) throws -> UInt32 {
                guard let id = vocabulary.ids[token] else {
                    throw element().unexpected(
                        "tokens of the vocabulary: \"\(String(decoding: token, as: UTF8.self))\" is none")
                }
                return UInt32(id)
            }
            merges.insert(
                try id(pair[..<leftCount]), try id(pair[leftCount...]),
                MergeTable.Merge(rank: UInt32(rank), id: try id(pair[...])))
        }
        self.model = .bpe(
            BPE(
                merges: merges, unknownToken: try model.optional("unk_token")?.string(),
                fusesUnknown: try model.optional("fuse_unk")?.bool() ?? false,
                fallsBackToBytes: try model.optional("byte_fallback")?.bool() ?? false,
                ignoresMerges: try model.optional("ignore_merges")?.bool() ?? false))
    }

    /// The two tokens of a merge, in UTF-8 one after the other, and the length of the first: a list of both, or one text
    /// with a blank between them; nil for anything else.
    private static func pair(_ value: JSONValue) -> (bytes: [UInt8], leftCount: Int)? {
        if case .string(let text) = value {
            var bytes = Array(text.utf8)
            let blank = UInt8(ascii: " ")
            guard let place = bytes.firstIndex(of: blank), place > 0, place < bytes.count - 1,
                bytes.lastIndex(of: blank) == place
            else { return nil }
            bytes.remove(at: place)
            return (bytes, place)
        }
        guard case .array(let parts) = value, parts.count == 2, case .string(let left) = parts[0],
            case .string(let right) = parts[1], !left.isEmpty, !right.isEmpty
        else { return nil }
        let bytes = Array(left.utf8)
        return (bytes + right.utf8, bytes.count)
    }

    private mutating func readUnigram(_ model: JSONNode) throws {
        try model.allowKeys(["type", "vocab", "unk_id", "byte_fallback"])
        var scores: [Double] = []
        for (id, node) in try model.required("vocab").elements().enumerated() {
            let parts = try node.elements()
            guard parts.count == 2 else { throw node.unexpected("a token and its score") }
            try vocabulary.insert(try parts[0].string(), id, path: path)
            scores.append(TokenizerParts.peerScore(try parts[1].number()))
        }
        let unknown = try model.required("unk_id")
        guard case .integer(let id) = unknown.value, scores.indices.contains(id) else {
            throw unknown.unexpected("the place of a token in vocab, below \(scores.count)")
        }
        self.model = .unigram(
            Unigram(
                scores: scores, unknownID: id, fallsBackToBytes: try model.optional("byte_fallback")?.bool() ?? false))
    }

    /// A score as the `tokenizers` library reads it: its digits as an integer, rounded, over a power of ten, rounded
    /// again. Between segmentations with the same tokens in another order, the last bit decides.
    private static func peerScore(_ score: Double) -> Double {
        let text = "\(score.magnitude)"
        let halves = text.split(separator: "e")
        let parts = halves[0].split(separator: ".")
        let digits = parts.joined()
        let exponent = (halves.count > 1 ? Int(halves[1]) ?? 0 : 0) - (parts.count > 1 ? parts[1].count : 0)
        guard let integer = UInt64(digits), (-300...0).contains(exponent) else { return score }
        let value = Double(integer) / pow(10, Double(-exponent))
        return score < 0 ? -value : value
    }
}
