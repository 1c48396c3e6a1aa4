import AttendRuntime

extension TokenizerParts {
    /// The parts of transformers' `MarianTokenizer`: the pieces of `source.spm`, with the ids of `vocab.json`. Targets
    /// have pieces of their own in `target.spm`, which encodes labels only.
    ///
    /// - Throws: ``TokenizerError`` that names the file.
    init(marian settings: TokenizerSettings) throws(TokenizerError) {
        let path = "\(settings.folder)/vocab.json"
        self.init(path: path)
        guard !settings.separatesVocabularies else {
            throw TokenizerError(
                path: settings.configurationPath,
                reason: "separate_vocabs: expected false, found true; vocabularies of source and target are one here")
        }
        for name in ["source.spm", "vocab.json"] {
            try TokenizerParts.requireFile("\(settings.folder)/\(name)")
        }
        let file = try SentencePieceFile("\(settings.folder)/source.spm")
        try TokenizerError.naming(path) {
            for (token, node) in try ModelFile(path).root.members() {
                try vocabulary.insert(token, node.tokenID(), path: path)
            }
        }
        (normalizer, splitter) = (nil, nil)
        let own = [("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")]
        try addTokens(settings, nil, own: own)
        func token(_ key: String, _ standard: String) -> String { settings.token(key)?.content ?? standard }
        let (end, unknown) = (token("eos_token", "</s>"), token("unk_token", "<unk>"))
        guard let endID = id(of: end), vocabulary.id(of: unknown) != nil else {
            throw error("expected the tokens \"\(end)\" (eos_token) and \"\(unknown)\" (unk_token), and one is missing")
        }
        padToken = token("pad_token", "<pad>")
        model = .sentencePiece(file, unknownToken: unknown)
        single = [.text(isPair: false, typeID: 0), .special(ids: [endID], typeID: 0)]
        pair = [.text(isPair: false, typeID: 0), .text(isPair: true, typeID: 0), .special(ids: [endID], typeID: 0)]
        let special = added.tokens.filter(\.isSpecial).map { String(String.UnicodeScalarView($0.content)) }
        decoder = .sentencePiece(
            special: Set(special), dropsFirstBlank: file.normalizer.dropsFirstBlank, joinsBytes: file.fallsBackToBytes)
    }
}
