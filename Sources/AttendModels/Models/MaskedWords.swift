public import AttendRuntime
private import Foundation

/// A masked language model (Devlin et al. 2019): it predicts the tokens that mask tokens stand for.
public struct MaskedWords: Sendable {
    /// A token in place of a mask.
    public struct Prediction: Sendable, Hashable {
        /// The token's id.
        public let id: Int
        /// The token's text in the vocabulary.
        public let token: String
        /// The softmax of the logits at the mask.
        public let probability: Double
    }

    /// The tokenizer of the model's folder.
    public let tokenizer: TextTokenizer
    /// The graph from token ids to `logits`, `[texts, tokens, vocabularySize]`.
    public let graph: Graph
    /// The maximum number of tokens of a text, and its source.
    public let length: SequenceLength
    /// The model's folder.
    public let folder: String
    private let maskID: Int
    private let configuration: TransformerConfiguration

    /// Loads the folder of an encoder with a language-model head and a mask token.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in; see ``LoadedModel``.
    /// - Returns: Nil for another model.
    /// - Throws: ``ModelError``, ``TokenizerError`` or ``AttendGraph/SafetensorsError`` that names the file and the
    ///   problem.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init?(folder: String, dtype: DType = .float32) throws {
        try self.init(LoadedModel(folder: folder, dtype: dtype))
    }

    /// The masked language model of a loaded model.
    ///
    /// - Parameter texts: Texts, one of which needs a mask; nil for no such condition. Weights are read after it.
    /// - Returns: Nil for another model, or for texts without masks.
    /// - Throws: The errors of ``init(folder:dtype:)`` for its tokenizer and weights.
    /// - Complexity: O(tensors): large weights are read by the first run.
    public init?(_ model: LoadedModel, masking texts: [String]? = nil) throws {
        configuration = model.configuration
        guard configuration.decoder == nil, configuration.classifier == nil, !model.list.isListed,
            model.outputs.contains(.logits)
        else { return nil }
        let tokenizer = try model.tokenizer()
        guard let maskID = tokenizer.tokenizer.maskID else { return nil }
        self.maskID = maskID
        (self.tokenizer, length) = (tokenizer.tokenizer, tokenizer.length)
        folder = model.folder
        if let texts {
            let limit = tokenizer.length.count
            let isMasked = texts.contains {
                tokenizer.tokenizer.encode($0, maximumLength: limit).ids.contains(maskID)
            }
            guard isMasked else { return nil }
        }
        graph = try model.graph([.logits])
    }

    /// Whether a text has a mask token within the model's length.
    public func hasMask(_ text: String) -> Bool { encode(text).ids.contains(maskID) }

    /// Encodes a text, truncated to ``length``.
    public func encode(_ text: String) -> Encoding { tokenizer.encode(text, maximumLength: length.count) }

    /// The inputs of ``graph`` for one text, int64 `[1, tokens]` each.
    ///
    /// - Throws: ``ModelError`` for a token without a row in the model's table.
    public func inputs(for encoding: Encoding) throws -> [String: Tensor] {
        try TokenBatch(tokenizer: tokenizer, configuration: configuration, padsStart: false).inputs(for: [encoding])
    }

    /// The most probable tokens at each mask of a text, the best first.
    ///
    /// - Parameters:
    ///   - count: The number of tokens for each mask.
    ///   - session: A session of a program with ``graph``.
    /// - Throws: Errors of the run; ``ModelError`` for logits that are not finite.
    public func predictions(
        _ text: String, count: Int, session: Session
    ) throws -> [(position: Int, predictions: [Prediction])] {
        let encoding = encode(text)
        guard let logits = try session.run(inputs(for: encoding))[ModelOutput.logits.name] else {
            preconditionFailure("the graph has this output")
        }
        let (values, width) = (try logits.floats(), logits.shape[2])
        return try encoding.ids.indices.filter { encoding.ids[$0] == maskID }.map { position in
            let row = values[(position * width)..<((position + 1) * width)].map { Double($0) }
            guard row.allSatisfy(\.isFinite), let largest = row.max() else {
                throw ModelError(path: folder, reason: "the logits at token \(position) are not finite")
            }
            let exponentials = row.map { exp($0 - largest) }
            let sum = exponentials.reduce(0, +)
            let best = row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count)
            let found = best.map { id in
                Prediction(id: id, token: tokenizer.token(of: id) ?? "", probability: exponentials[id] / sum)
            }
            return (position, found)
        }
    }
}
