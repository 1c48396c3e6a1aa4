public import AttendRuntime

/// A model and a text, ready to be explained: a graph whose values have the names of ``LoadedModel``.
public struct ExplainedModel: Sendable {
    /// What it is called.
    public var title: String
    /// Where its numbers come from.
    public var origin: String
    public var graph: Graph
    public var inputs: [String: Tensor]
    /// The text's tokens, as people read them.
    public var tokens: [String]
    /// Their rows in the table.
    public var ids: [Int]
    /// Tokens of the text that the model has no positions for, and that are left out.
    public var omittedCount = 0
    /// How many tokens are read, and the setting behind it; nil where the text must fit.
    public var readLength: SequenceLength?
    /// Whether a long text loses its start.
    public var cutsStart = false
    /// The pooling and the modules after it, such as "mean, of length 1".
    var pooling = ""
    /// What each number of an embedding means; nil where nobody knows.
    public var features: [String]?
    /// The token whose vectors are followed: the last one unless another is chosen.
    public var focus: Int?
    /// The words that a prediction is about, by their rows.
    public var vocabulary: @Sendable (Int) -> String?

    /// What can be captured in the graph.
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

    /// Follows another token: the first that reads so.
    ///
    /// - Throws: ``ExplanationError/noToken(word:text:)``.
    public mutating func follow(_ token: String) throws(ExplanationError) {
        guard let place = tokens.firstIndex(of: token) else {
            throw .noToken(word: token, text: tokens.map { String($0.prefix(40)) }.joined(separator: " "))
        }
        focus = place
    }

    /// Blocks on top of each other.
    public var layerCount: Int {
        var count = 0
        while captureNames.contains("layers.\(count).attention") { count += 1 }
        return count
    }

    /// The node of a layer's attention.
    func attentionNode(_ layer: Int) -> Graph.Node? { graph.nodes.first { $0.name == "layers/\(layer)/attention" } }

    public func headCount(_ layer: Int) -> Int {
        attentionNode(layer)?.operation.attributes.optionalInteger("heads") ?? 0
    }

    /// A node's input that is a constant of the graph.
    func constant(_ input: String, of node: Graph.Node?) -> Tensor? {
        guard let node, let schema = graph.schema(of: node.operation),
            let index = schema.inputs.firstIndex(where: { $0.name == input }), index < node.inputs.count,
            let id = node.inputs[index], case .constant(let constant) = graph.values[id].source
        else { return nil }
        return graph.constants[constant].tensor
    }

    /// The table of embeddings.
    var table: Tensor? { constant("table", of: graph.nodes.first { $0.name == "embeddings/tokens" }) }

    func has(_ capture: String) -> Bool {
        captureNames.contains(capture) || graph.outputs.contains { $0.name == capture }
    }
}

extension Graph {
    fileprivate func schema(of operation: Operation) -> OperationSchema? {
        operation.primitive?.schema ?? composite(named: operation.versionedName)?.schema
    }
}

/// Why something can't be explained.
@nonexhaustive
public enum ExplanationError: Error, Sendable, Hashable, CustomStringConvertible {
    case noTokens
    /// A word that the vocabulary of a model made by hand lacks.
    case unknownWord(String, hint: String, known: [String])
    case noAttention(model: String)
    case noLayer(Int, layerCount: Int)
    case noHead(Int, layer: Int, headCount: Int)
    case tooLong(tokens: Int, limit: Int)
    /// A text whose tokens don't have the word that is to be followed.
    case noToken(word: String, text: String)

    public var description: String {
        switch self {
        case .noTokens: "the text has no words"
        case .unknownWord(let word, let hint, let known):
            "the model made by hand has no word \"\(word)\"\(hint) (it knows \(known.joined(separator: " ")))"
        case .noAttention(let model):
            "\(model) has no node \"layers/0/attention\" with all that is to be explained: embeddings/tokens, embeddings and the like"
        case .noLayer(let layer, let count): "there is no layer \(layer); the model has layers 0 to \(count - 1)"
        case .noHead(let head, let layer, let count):
            "layer \(layer) has no head \(head); it has heads 0 to \(count - 1)"
        case .tooLong(let tokens, let limit): "the text has \(tokens) tokens; the model has positions for \(limit)"
        case .noToken(let word, let text): "\"\(text)\" has no token \"\(word)\""
        }
    }
}
