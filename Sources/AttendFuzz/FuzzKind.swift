/// The kind of an external input, by the code that reads it.
package enum FuzzKind: String, CaseIterable, Sendable, Hashable {
    /// A graph file, the safetensors beside it, and its inputs.
    case graph
    /// Tensors written as JSON.
    case tensors
    case safetensors
    /// A checkpoint of several safetensors files with an index.
    case shards
    /// The folder of a sentence encoder.
    case model
    /// The folder of a decoder, or of an encoder with a decoder.
    case family
    /// A tokenizer's files, with ordinary and hostile texts.
    case tokenizer
    /// Marian's tokenizer: a file of SentencePiece with its vocabulary.
    case sentencepiece
    /// Texts, mainly hostile Unicode, for valid tokenizers.
    case text
    /// The sizes of a known model, and their counts.
    case preset
    /// A graph with a vocabulary file, explained.
    case words
    /// A plug-in's library and manifest, before its code would run.
    case plugin
    /// Measured speeds of devices, from the cache.
    case profile
    /// JSON, compared with Foundation's parser.
    case json
    /// Names of parity cases, from the command line.
    case parity
}

/// One mutated input: a kind, the seed of the run and a number. The name determines the case completely.
///
/// `graph-7-123` is case 123 of kind `graph` in the run with seed 7. `graph-7-123@0.2` keeps only the mutations 0 and
/// 2, `graph-7-123@none` none of them.
package struct FuzzCase: Sendable, Hashable {
    package var kind: FuzzKind
    package var seed: Int
    package var index: Int
    /// The mutations that are applied; nil for all.
    package var kept: [Int]?

    package init(_ kind: FuzzKind, seed: Int, index: Int, kept: [Int]? = nil) {
        (self.kind, self.seed, self.index, self.kept) = (kind, seed, index, kept)
    }

    /// - Throws: ``FuzzError`` for an invalid name.
    package init(parsing name: String) throws(FuzzError) {
        let wrong = FuzzError("\"\(name)\" is not a case name; expected the form KIND-SEED-NUMBER, such as graph-7-123")
        let halves = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let kind = FuzzKind(rawValue: String(parts[0])), let seed = Int(parts[1]),
            let index = Int(parts[2]), seed >= 0, index >= 0
        else { throw wrong }
        self.init(kind, seed: seed, index: index)
        guard halves.count == 2 else { return }
        kept = []
        for number in halves[1] == "none" ? [] : halves[1].split(separator: ".", omittingEmptySubsequences: false) {
            guard let number = Int(number), number >= 0 else { throw wrong }
            kept?.append(number)
        }
    }

    package var name: String {
        let base = "\(kind.rawValue)-\(seed)-\(index)"
        guard let kept else { return base }
        return kept.isEmpty ? "\(base)@none" : "\(base)@\(kept.map(String.init).joined(separator: "."))"
    }
}

/// An error that prevents a run.
package struct FuzzError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
