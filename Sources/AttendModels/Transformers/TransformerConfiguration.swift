/// The sizes and choices of a transformer, from a single block of attention to an encoder and a decoder.
///
/// ``Transformer`` builds the graph that they describe; presets read them from files.
public struct TransformerConfiguration: Sendable, Hashable {
    public enum Norm: String, Sendable, CaseIterable {
        case layerNorm = "layer_norm"
        case rmsNorm = "rms_norm"
        case none
    }

    /// Where a block normalizes: before each part and once at the end (GPT-2), or after each sum (BERT).
    public enum NormPlacement: String, Sendable, CaseIterable {
        case before, after
    }

    public enum Positions: String, Sendable, CaseIterable {
        /// A table of vectors that are added to the embeddings.
        case learned
        /// Computed waves, added to the embeddings (Vaswani et al. 2017, halves as in Whisper).
        case sinusoidal
        /// Queries and keys are turned (Su et al. 2021).
        case rotary
        /// A bias on the scores by distance, one table for all layers (Raffel et al. 2020).
        case relative
        case none
    }

    public enum Biases: String, Sendable, CaseIterable {
        case all
        /// Whisper's keys have none: it would shift all scores of a query alike.
        case allButKey = "all_but_key"
        case none
    }

    /// How vectors become logits over the vocabulary.
    public enum Unembedding: String, Sendable, CaseIterable {
        /// By the table of embeddings itself.
        case tied
        /// By a matrix of its own.
        case own
        case none
    }

    /// Blocks on top of each other.
    public struct Stack: Sendable, Hashable {
        public var layerCount: Int
        public var headCount: Int
        /// Fewer than `headCount` where several query heads share their keys and values.
        public var keyValueHeadCount: Int
        public var headDimension: Int
        /// The inner width of the MLP; nil where a block is attention alone.
        public var feedForwardDimension: Int?
        public var positions: Positions
        /// The rows of a learned table of positions, or the buckets of relative ones.
        public var positionCount: Int?

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

    /// A front of two convolutions over a spectrogram (Radford et al. 2022), in place of a vocabulary.
    public struct Audio: Sendable, Hashable {
        public var binCount: Int
        /// Vectors that the encoder reads; the spectrogram has twice as many frames.
        public var positionCount: Int

        public init(binCount: Int, positionCount: Int) {
            self.binCount = binCount
            self.positionCount = positionCount
        }
    }

    /// The width of the embeddings.
    public var modelDimension: Int
    /// Rows of the table of embeddings; nil where embeddings themselves come in.
    public var vocabularySize: Int?
    /// Rows of BERT's table of token types; 0 for none.
    public var tokenTypeCount = 0
    /// BERT normalizes the embeddings.
    public var normalizesEmbeddings = false
    /// BERT's dense layer and tanh on the first token.
    public var hasPooler = false
    public var norm = Norm.layerNorm
    public var normPlacement = NormPlacement.before
    public var normEpsilon = 1e-5
    public var activation = Activation.gelu
    /// A second matrix beside the first whose product gates it (Shazeer 2020).
    public var isGated = false
    public var biases = Biases.all
    /// Multiplies the scores; 1/√headDimension unless given.
    public var scoreScale: Double?
    /// Divides the scores of layer N by N + 1 as well (GPT-2's `scale_attn_by_inverse_layer_idx`).
    public var dividesScoresByLayer = false
    public var rotaryBase = 10_000.0
    public var unembedding = Unembedding.none
    /// BERT's dense layer, activation and norm before the unembedding.
    public var hasPredictionTransform = false
    /// A bias on the logits.
    public var hasUnembeddingBias = false
    /// Multiplies what is unembedded, where T5 evens out its tied table.
    public var logitScale: Double?
    public var audio: Audio?
    public var encoder: Stack?
    public var decoder: Stack?

    public init(modelDimension: Int, vocabularySize: Int? = nil) {
        self.modelDimension = modelDimension
        self.vocabularySize = vocabularySize
    }

    /// The stack whose states are the model's: the decoder, or a lone encoder.
    var mainStack: Stack? { decoder ?? encoder }

    /// The most tokens that have a position of their own; nil for positions without a table.
    public var positionCount: Int? {
        guard let stack = mainStack, stack.positions == .learned else { return nil }
        return stack.positionCount
    }

    /// The factor of a layer's scores; nil for 1/√headDimension.
    func scoreScale(ofLayer layer: Int, _ stack: Stack) -> Double? {
        guard dividesScoresByLayer else { return scoreScale }
        return (scoreScale ?? 1 / Double(stack.headDimension).squareRoot()) / Double(layer + 1)
    }
}
