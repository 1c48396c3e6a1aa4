/// The sizes and choices of a transformer, from a single attention block to an encoder-decoder model.
///
/// ``Transformer`` builds its graph; presets are read from files.
public struct TransformerConfiguration: Sendable, Hashable {
    /// The kind of normalization.
    public enum Norm: String, Sendable, CaseIterable {
        /// Layer normalization (Ba et al. 2016).
        case layerNorm = "layer_norm"
        /// RMS normalization (Zhang and Sennrich 2019).
        case rmsNorm = "rms_norm"
        case none
    }

    /// The place of the norms: before each part and once at the end (GPT-2), or after each residual sum (BERT).
    public enum NormPlacement: String, Sendable, CaseIterable {
        case before, after
    }

    /// The kind of positions.
    public enum Positions: String, Sendable, CaseIterable {
        /// A learned table, added to the embeddings.
        case learned
        /// Sinusoids, added to the embeddings (Vaswani et al. 2017; arranged in halves as in Whisper).
        case sinusoidal
        /// A rotation of queries and keys (Su et al. 2021).
        case rotary
        /// A learned bias on the scores by distance, shared by all layers (Raffel et al. 2020).
        case relative
        case none
    }

    /// The linear layers with biases.
    public enum Biases: String, Sendable, CaseIterable {
        case all
        /// All but the key projection (Whisper), whose bias would shift all scores of a query equally.
        case allButKey = "all_but_key"
        case none
    }

    /// The matrix that maps states to logits over the vocabulary.
    public enum Unembedding: String, Sendable, CaseIterable {
        /// The embedding table.
        case tied
        /// A separate matrix.
        case own
        case none
    }

    /// A stack of blocks of equal sizes.
    public struct Stack: Sendable, Hashable {
        /// The number of blocks.
        public var layerCount: Int
        /// The number of query heads.
        public var headCount: Int
        /// The number of key and value heads; smaller than ``headCount`` if query heads share them.
        public var keyValueHeadCount: Int
        /// The dimension of a head's queries, keys and values.
        public var headDimension: Int
        /// The inner width of the MLP; nil for blocks without an MLP.
        public var feedForwardDimension: Int?
        /// The kind of positions.
        public var positions: Positions
        /// The number of rows of learned positions, or of buckets of relative positions; nil for other kinds.
        public var positionCount: Int?

        /// A stack of blocks.
        ///
        /// - Parameter keyValueHeadCount: nil for as many as `headCount`.
        public init(
            layerCount: Int, headCount: Int, keyValueHeadCount: Int? = nil, headDimension: Int,
            feedForwardDimension: Int?, positions: Positions = .none, positionCount: Int? = nil
        ) {
            self.layerCount = layerCount
            self.headCount = headCount
            self.keyValueHeadCount = keyValueHeadCount ?? headCount
            self.headDimension = headDimension
            self.feedForwardDimension = feedForwardDimension
            self.positions = positions
            self.positionCount = positionCount
        }
    }

    /// An audio front end of two convolutions over a spectrogram (Radford et al. 2022), in place of a vocabulary.
    public struct Audio: Sendable, Hashable {
        /// The number of frequency bins of the spectrogram.
        public var binCount: Int
        /// The number of vectors that the encoder reads; the spectrogram has twice as many frames.
        public var positionCount: Int

        /// A front end of these sizes.
        public init(binCount: Int, positionCount: Int) {
            self.binCount = binCount
            self.positionCount = positionCount
        }
    }

    /// The width of the embeddings.
    public var modelDimension: Int
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
    /// The linear layers with biases.
    public var biases = Biases.all
    /// The scale of the scores; nil for 1/√headDimension.
    public var scoreScale: Double?
    /// Whether the scores of layer N are also divided by N + 1 (GPT-2's `scale_attn_by_inverse_layer_idx`).
    public var dividesScoresByLayer = false
    /// The base of the frequencies of rotary positions.
    public var rotaryBase = 10_000.0
    /// The matrix that maps states to logits; `none` for a graph without logits.
    public var unembedding = Unembedding.none
    /// Whether a dense layer, activation and norm precede the unembedding (BERT).
    public var hasPredictionTransform = false
    /// Whether the logits have a bias.
    public var hasUnembeddingBias = false
    /// The scale of the states before the unembedding, which compensates for the scale of T5's tied table; nil for
    /// none.
    public var logitScale: Double?
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

    /// The number of learned positions, a limit on the number of tokens; nil for other kinds of positions.
    public var positionCount: Int? {
        guard let stack = mainStack, stack.positions == .learned else { return nil }
        return stack.positionCount
    }

    /// The scale of a layer's scores; nil for 1/√headDimension.
    func scoreScale(ofLayer layer: Int, _ stack: Stack) -> Double? {
        guard dividesScoresByLayer else { return scoreScale }
        return (scoreScale ?? 1 / Double(stack.headDimension).squareRoot()) / Double(layer + 1)
    }
}
