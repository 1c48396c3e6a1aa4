public import AttendRuntime

/// A step-by-step explanation of attention with the numbers of one run, for one layer, one head and one text.
///
/// All numbers are captures of that run, or are computed from captures on the same backend.
public struct Explanation: Sendable {
    /// The model and its text.
    public let model: ExplainedModel
    /// The explained layer, from 0 up.
    public let layer: Int
    /// The explained head, from 0 up.
    public let head: Int
    /// The index of the token whose vectors are shown.
    public let focus: Int
    /// The explained steps, in the order of ``ExplanationStep``.
    public let steps: [ExplainedStep]

    /// Runs the model once, and small graphs for the additional numbers of the steps.
    ///
    /// - Parameter wanted: The steps to explain, in any order.
    /// - Throws: ``ExplanationError`` for a layer or head out of range; ``RunError``.
    public init(
        _ model: ExplainedModel, layer: Int = 0, head: Int = 0,
        steps wanted: [ExplanationStep] = ExplanationStep.allCases, on backend: any ComputeBackend
    ) throws {
        guard (0..<model.layerCount).contains(layer) else {
            throw ExplanationError.noLayer(layer, layerCount: model.layerCount)
        }
        guard (0..<model.headCount(layer)).contains(head) else {
            throw ExplanationError.noHead(head, layer: layer, headCount: model.headCount(layer))
        }
        let story = try Story(model, layer: layer, head: head, on: backend)
        self.model = model
        (self.layer, self.head, focus) = (layer, head, story.focus)
        steps = try ExplanationStep.allCases.filter(wanted.contains).map { try story.told($0) }
    }
}

/// The captures and settings that the steps are built from.
struct Story {
    let model: ExplainedModel
    let layer: Int
    let head: Int
    let backend: any ComputeBackend
    let captures: Captures
    let focus: Int

    var tokens: [String] { model.tokens }
    /// The capture name of the layer's attention.
    var attention: String { "\(model.stack)layers.\(layer).attention" }
    /// The settings and weights of the layer's attention.
    var layerAttention: LayerAttention? { model.attention(layer) }
    /// The capture name of the layer's input.
    var input: String { layer == 0 ? model.embeddings : "\(model.stack)layers.\(layer - 1).hidden" }
    var headCount: Int { model.headCount(layer) }
    var isCausal: Bool { layerAttention?.isCausal ?? false }

    init(_ model: ExplainedModel, layer: Int, head: Int, on backend: any ComputeBackend) throws {
        (self.model, self.layer, self.head, self.backend) = (model, layer, head, backend)
        let attention = "\(model.stack)layers.\(layer).attention"
        let embeddings = "\(model.stack)embeddings"
        let ofHead = ["queries", "keys", "products", "scores", "masked_scores", "pattern", "values", "mixed", "delta"]
        var names = [
            "\(embeddings).tokens", embeddings, attention, "\(attention).delta", "\(attention).mixed",
            "\(attention).pattern"
        ]
        names += ofHead.map { "\(attention).heads.\(head).\($0)" }
        names += ["\(embeddings).positions", "\(embeddings).token_types"]
        let cross = "\(model.stack)layers.\(layer).cross_attention"
        names += [cross] + ["pattern", "keys", "values", "masked_scores"].map { "\(cross).heads.\(head).\($0)" }
        for index in 0..<model.layerCount {
            names += ["attention", "attention_sum", "attention_norm", "cross_attention", "feed_forward", "hidden"].map {
                "\(model.stack)layers.\(index).\($0)"
            }
        }
        captures = try Captures(model, names.filter(model.has), on: backend)
        for name in ["\(attention).heads.\(head).masked_scores", attention, model.embeddings]
        where captures.has(name) {
            guard try !captures.rows(name).joined().contains(where: \.isNaN) else {
                throw ExplanationError.notANumber(capture: name)
            }
        }
        focus = model.focus ?? model.tokens.count - 1
    }

    /// The rows of a capture of the explained head.
    func ofHead(_ role: String) throws -> [[Float]] { try captures.rows("\(attention).heads.\(head).\(role)") }

    static func length(_ vector: [Float]) -> Double {
        vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    func told(_ step: ExplanationStep) throws -> ExplainedStep {
        switch step {
        case .lookup: try lookup()
        case .positions: try positions()
        case .queriesAndKeys: try queriesAndKeys()
        case .products: try products()
        case .scale: try scale()
        case .mask: try mask()
        case .softmax: try softmax()
        case .pattern: try pattern()
        case .values: try values()
        case .change: try change()
        case .heads: try heads()
        case .outputMatrix: try outputMatrix()
        case .crossAttention: try crossAttention()
        case .blocks: try blocks()
        case .prediction: try prediction()
        }
    }

    func quoted(_ token: Int) -> String { "\"\(shown(token))\"" }

    /// A token for use in sentences, truncated if long.
    func shown(_ token: Int) -> String {
        let start = tokens[token].prefix(25)
        return start.count < 25 ? String(start) : "\(start.dropLast())…"
    }

    func vectors(
        _ name: String, _ values: [[Float]], labels: [String]? = nil, components: [String]? = nil
    ) -> Figure {
        .vectors(
            VectorFigure(
                name, labels: labels ?? tokens, components: components, values: values, isSparse: components != nil))
    }

    func grid(
        _ name: String, _ values: [[Float]], style: GridFigure.Style = .numbers, showsSums: Bool = false
    ) -> Figure {
        .grid(GridFigure(name, queries: tokens, keys: tokens, values: values, style: style, showsSums: showsSums))
    }
}
