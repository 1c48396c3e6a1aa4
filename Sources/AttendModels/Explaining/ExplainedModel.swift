public import AttendRuntime

/// A model and a text to explain: a graph whose values have the names of ``LoadedModel``, and its inputs.
public struct ExplainedModel: Sendable {
    /// The model's name for reports.
    public var title: String
    /// The source of the numbers, one sentence.
    public var origin: String
    /// The model's graph, with its weights.
    public var graph: Graph
    /// The graph's inputs by name, for a batch of one.
    public var inputs: [String: Tensor]
    /// The text's tokens in readable form.
    public var tokens: [String]
    /// The tokens' rows in the embedding table.
    public var ids: [Int]
    /// The number of tokens that were cut off because the model has no positions for them.
    public var omittedCount = 0
    /// The maximum number of tokens and the setting it comes from; nil if longer texts are an error.
    public var readLength: SequenceLength?
    /// Whether long texts are truncated at the start.
    public var cutsStart = false
    /// The prefix of the explained stack's captures, such as `decoder.`; empty for a model of one stack.
    var stack = ""
    /// The tokens that the encoder reads, beside an explained decoder.
    var source: [String] = []
    /// A summary of the pooling and the modules after it, such as "mean, normalized".
    var pooling = ""
    /// The meaning of each component of an embedding; nil if unknown.
    public var features: [String]?
    /// The index of the token whose vectors are shown; nil for the last one.
    public var focus: Int?
    /// The word for a row of the logits; nil for an unknown row.
    public var vocabulary: @Sendable (Int) -> String?

    /// The names of the graph's captures.
    let captureNames: Set<String>

    init(
        title: String, origin: String, graph: Graph, inputs: [String: Tensor], tokens: [String], ids: [Int],
        features: [String]? = nil, focus: Int? = nil, vocabulary: @escaping @Sendable (Int) -> String?
    ) {
        (self.title, self.origin, self.graph, self.inputs) = (title, origin, graph, inputs)
        (self.tokens, self.ids, self.features, self.focus) = (tokens, ids, features, focus)
        self.vocabulary = vocabulary
        captureNames = Set(graph.captureNames)
    }

    /// Sets ``focus`` to the first token with this text.
    ///
    /// - Throws: ``ExplanationError/noToken(word:text:)``.
    public mutating func follow(_ token: String) throws(ExplanationError) {
        guard let place = tokens.firstIndex(of: token) else {
            throw .noToken(word: token, text: tokens.map { String($0.prefix(40)) }.joined(separator: " "))
        }
        focus = place
    }

    /// The number of stacked blocks.
    public var layerCount: Int {
        var count = 0
        while captureNames.contains("\(stack)layers.\(count).attention") { count += 1 }
        return count
    }

    /// The self-attention of a layer; nil for a layer without attention.
    func attention(_ layer: Int) -> LayerAttention? {
        graph.layerAttention("\(stack)layers.\(layer).attention".nodeName)
    }

    /// The number of attention heads of a layer; 0 for a layer without attention.
    public func headCount(_ layer: Int) -> Int { attention(layer)?.headCount ?? 0 }

    /// The embedding table, `[vocabulary, width]`; nil if it is not a constant.
    var table: ConstantTensor? {
        let name = "\(stack)embeddings.tokens".nodeName
        return graph.nodes.first { $0.name == name }.flatMap { graph.constants(of: $0)["table"] }
    }

    /// The capture of the first block's input: the token embeddings themselves if the model adds nothing to them.
    var embeddings: String {
        let name = "\(stack)embeddings"
        return captureNames.contains(name) ? name : "\(name).tokens"
    }

    /// Whether a block ends with a norm.
    var normalizesAfterSums: Bool {
        let name = "\(stack)layers.0.hidden".nodeName
        return graph.nodes.first { $0.name == name }?.operation.primitive != .add
    }

    func has(_ capture: String) -> Bool {
        captureNames.contains(capture) || graph.outputs.contains { $0.name == capture }
    }
}

/// An error of an explanation.
@nonexhaustive
public enum ExplanationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// An empty text.
    case noTokens
    /// A word outside the vocabulary of a handmade model.
    case unknownWord(String, hint: String, known: [String])
    /// A model without attention, or without the captures that an explanation needs.
    case noAttention(model: String)
    /// A layer index out of range.
    case noLayer(Int, layerCount: Int)
    /// A head index out of range.
    case noHead(Int, layer: Int, headCount: Int)
    /// A text with more tokens than the model has positions.
    case tooLong(tokens: Int, limit: Int)
    /// A word that is not one of the text's tokens.
    case noToken(word: String, text: String)
    /// A value of the explained head that is not a number.
    case notANumber(capture: String)

    /// The error message, one line.
    public var description: String {
        switch self {
        case .noTokens: "the text has no words"
        case .unknownWord(let word, let hint, let known):
            "the handmade model has no word \"\(word)\"\(hint) (it knows \(known.joined(separator: " ")))"
        case .noAttention(let model):
            """
            \(model) can't be explained: expected a transformer with the input tokens and the nodes \
            embeddings/tokens, embeddings and layers/0/attention
            """
        case .noLayer(let layer, let count): "there is no layer \(layer); the model has layers 0 to \(count - 1)"
        case .noHead(let head, let layer, let count):
            "layer \(layer) has no head \(head); it has heads 0 to \(count - 1)"
        case .tooLong(let tokens, let limit): "the text has \(tokens) tokens; the model has positions for \(limit)"
        case .notANumber(let capture):
            "\(capture) is not a number for some token; attend inspect MODEL --check looks for weights that are NaN"
        case .noToken(let word, let text): "\"\(text)\" has no token \"\(word)\""
        }
    }
}
