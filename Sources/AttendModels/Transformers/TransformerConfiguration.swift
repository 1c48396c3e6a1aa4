/// The sizes and choices of a transformer, from a single attention block to an encoder-decoder model.
///
/// ``Transformer`` builds its graph; presets are read from files.
public struct TransformerConfiguration: Sendable, Hashable {
    /// The width of the embeddings.
    public var modelDimension: Int
    /// The width of the embeddings before a projection to ``modelDimension``; nil for no projection (ALBERT, ELECTRA).
    public var embeddingDimension: Int?
    /// The number of rows of the embedding table; nil if the input is embeddings.
    public var vocabularySize: Int?
    /// The number of rows of BERT's token-type table; 0 for none.
    public var tokenTypeCount = 0
    /// Whether the embeddings are normalized (BERT).
    public var normalizesEmbeddings = false
    /// Whether the graph has a pooler: a dense layer and tanh on the first token (BERT).
    public var hasPooler = false
    /// The kind of normalization.
    public var norm = Norm.layerNorm
    /// The place of the norms.
    public var normPlacement = NormPlacement.before
    /// The epsilon of all norms.
    public var normEpsilon = 1e-5
    /// The activation of the MLPs.
    public var activation = Activation.gelu
    /// Whether MLPs are gated: a second up-projection, multiplied by the activation of the first (Shazeer 2020).
    public var isGated = false
    /// Whether layer norms have a bias.
    public var hasNormBiases = true
    /// Whether the first block normalizes its input; not so in ModernBERT, whose embeddings are normalized.
    public var normalizesFirstInput = true
    /// Whether the stored scales of norms are differences from 1 (Gemma).
    public var addsOneToNorms = false
    /// Whether each head's queries and keys are normalized, with an RMS norm of the head dimension (Qwen3).
    public var normalizesHeads = false
    /// The linear layers with biases.
    public var biases = Biases.all
    /// The factor of the embeddings of tokens; nil for none.
    public var embeddingScale: Double?
    /// The scale of the scores; nil for 1/√headDimension.
    public var scoreScale: Double?
    /// The soft cap of the scores; nil for none.
    public var scoreCap: Double?
    /// Whether the scores of layer N are also divided by N + 1 (GPT-2's `scale_attn_by_inverse_layer_idx`).
    public var dividesScoresByLayer = false
    /// The matrix that maps states to logits; `none` for a graph without logits.
    public var unembedding = Unembedding.none
    /// The layer before the unembedding (BERT); nil for none.
    public var prediction: Prediction?
    /// Whether the logits have a bias.
    public var hasUnembeddingBias = false
    /// The scale of the states before the unembedding, which compensates for the scale of T5's tied table; nil for
    /// none.
    public var logitScale: Double?
    /// The soft cap of the logits, `cap · tanh(logit / cap)`; nil for none.
    public var logitCap: Double?
    /// The head on whole texts, in place of one on tokens; nil for none.
    public var classifier: Classifier?
    /// The audio front end of the encoder; nil for an encoder of tokens.
    public var audio: Audio?
    /// The encoder; nil for a decoder-only model.
    public var encoder: Stack?
    /// The decoder, causal, with cross-attention if there is an encoder; nil for an encoder-only model.
    public var decoder: Stack?

    /// A configuration without stacks; set the other properties afterwards.
    public init(modelDimension: Int, vocabularySize: Int? = nil) {
        self.modelDimension = modelDimension
        self.vocabularySize = vocabularySize
    }

    /// The stack whose states are the model's: the decoder, or an encoder without decoder.
    var mainStack: Stack? { decoder ?? encoder }

    /// The number of tokens for which there are positions; nil for kinds of positions without a table.
    public var positionCount: Int? { mainStack?.tokenLimit }

    /// Whether there are an encoder and a decoder.
    package var hasTwoStacks: Bool { encoder != nil && decoder != nil }

    /// The number of rows of the table of learned positions; nil for other kinds of positions.
    var positionRows: Int? {
        guard let stack = mainStack, stack.positions == .learned else { return nil }
        return stack.positionCount
    }

    /// Whether positions can be an input.
    var readsPositions: Bool {
        guard !hasTwoStacks, let stack = mainStack else { return false }
        return [.learned, .rotary].contains(stack.positions)
    }

    /// The scale of a layer's scores; nil for 1/√headDimension.
    func scoreScale(ofLayer layer: Int, _ stack: Stack) -> Double? {
        guard dividesScoresByLayer else { return scoreScale }
        return (scoreScale ?? 1 / Double(stack.headDimension).squareRoot()) / Double(layer + 1)
    }
}
