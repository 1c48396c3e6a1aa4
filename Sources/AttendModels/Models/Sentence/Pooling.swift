import AttendRuntime

/// Pooling of the token vectors to one embedding, as in sentence-transformers (Reimers and Gurevych 2019).
struct Pooling: SentenceModule {
    /// The pooling modes, in the order in which the old form of settings concatenates them.
    enum Mode: String, Sendable, CaseIterable {
        /// The first token's vector.
        case first = "cls"
        /// The maximum of each element.
        case largest = "max"
        case mean
        /// The sum divided by the square root of the token count.
        case meanSquareRoot = "mean_sqrt_len_tokens"
        /// The mean weighted by position, from 1 up.
        case weightedMean = "weightedmean"
        /// The last token's vector.
        case last = "lasttoken"

        /// The mode's key in the old form of settings.
        fileprivate var oldKey: String {
            switch self {
            case .first: "pooling_mode_cls_token"
            case .largest: "pooling_mode_max_tokens"
            case .mean: "pooling_mode_mean_tokens"
            case .meanSquareRoot: "pooling_mode_mean_sqrt_len_tokens"
            case .weightedMean: "pooling_mode_weightedmean_tokens"
            case .last: "pooling_mode_lasttoken"
            }
        }
    }

    /// The modes, concatenated in the result.
    let modes: [Mode]
    /// Whether the tokens of a prompt are pooled too.
    let includesPrompt: Bool
    private let path: String

    init(_ modes: [Mode], includesPrompt: Bool = true, path: String) {
        (self.modes, self.includesPrompt, self.path) = (modes, includesPrompt, path)
    }

    /// Reads a `config.json`: `pooling_mode`, a name or a list of names, or the older switches, over which
    /// `pooling_mode` takes precedence.
    ///
    /// - Throws: ``ModelError`` that names the key.
    init(_ file: ModelFile) throws {
        path = file.path
        (modes, includesPrompt) = try file.read { root in
            let dimensions: Set = ["embedding_dimension", "word_embedding_dimension"]
            try root.allowKeys(dimensions.union(["pooling_mode", "include_prompt"]).union(Mode.allCases.map(\.oldKey)))
            guard try dimensions.contains(where: { try root.optional($0) != nil }) else {
                throw JSONError.missing(path: "embedding_dimension, formerly word_embedding_dimension,")
            }
            for key in dimensions { _ = try root.optional(key)?.integer(atLeast: 1) }
            return (try Pooling.modes(root), try root.flag("include_prompt", default: true))
        }
    }

    private static func modes(_ root: JSONNode) throws(JSONError) -> [Mode] {
        guard root.value["pooling_mode"] == nil else {
            let node = try root.required("pooling_mode")
            func mode(_ node: JSONNode) throws(JSONError) -> Mode {
                guard let mode = Mode(rawValue: try node.string()) else {
                    throw node.unexpected("one of \(Mode.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return mode
            }
            guard case .array = node.value else { return [try mode(node)] }
            var modes: [Mode] = []
            for element in try node.elements() { modes.append(try mode(element)) }
            guard !modes.isEmpty else { throw node.unexpected("at least one mode") }
            return modes
        }
        var modes: [Mode] = []
        for mode in Mode.allCases where try root.flag(mode.oldKey, default: false) { modes.append(mode) }
        return modes.isEmpty ? [.mean] : modes
    }

    var summary: String { modes.map(\.rawValue).joined(separator: " and ") }

    func apply(to features: inout SentenceFeatures) throws {
        let hidden = try features.value(SentenceFeatures.tokenEmbeddings, for: path)
        guard hidden.rank == 3 else {
            throw ModelError(
                path: path, reason: "token_embeddings has one vector per text, not per token: there is nothing to pool")
        }
        let tokens = try PooledTokens(
            hidden, mask: includesPrompt ? features.attentionMask : features.poolingMask,
            attended: features.attentionMask)
        let pooled = try modes.map { try tokens.pooled($0) }
        features.values[SentenceFeatures.sentenceEmbedding] =
            pooled.count == 1 ? pooled[0] : try features.builder.concatenate(pooled, axis: 1)
    }
}
