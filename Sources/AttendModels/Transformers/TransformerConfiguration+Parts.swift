extension TransformerConfiguration {
    /// The kind of normalization.
    public enum Norm: String, Sendable, CaseIterable {
        /// Layer normalization (Ba et al. 2016).
        case layerNorm = "layer_norm"
        /// RMS normalization (Zhang and Sennrich 2019).
        case rmsNorm = "rms_norm"
        case none
    }

    /// The place of the norms.
    public enum NormPlacement: String, Sendable, CaseIterable {
        /// Before each part, and once at the end (GPT-2).
        case before
        /// After each residual sum (BERT).
        case after
        /// Before each part and on its result, and once at the end (Gemma 2).
        case around
    }

    /// The kind of positions.
    public enum Positions: String, Sendable, CaseIterable {
        /// A learned table, added to the embeddings.
        case learned
        /// Sinusoids, added to the embeddings (Vaswani et al. 2017; arranged in halves as in Whisper).
        case sinusoidal
        /// The same with the frequencies of Vaswani et al., for a number of rows (Marian).
        case sinusoidalTable = "sinusoidal_table"
        /// A rotation of queries and keys (Su et al. 2021).
        case rotary
        /// A learned bias on the scores by distance, shared by all layers (Raffel et al. 2020).
        case relative
        case none
    }

    /// The linear layers with biases.
    public struct Biases: OptionSet, Sendable, Hashable {
        /// The bits.
        public let rawValue: Int

        /// The layers of these bits.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// The projection to queries.
        public static let query = Biases(rawValue: 1)
        /// The projection to keys, whose bias would shift all scores of a query equally.
        public static let key = Biases(rawValue: 2)
        /// The projection to values.
        public static let value = Biases(rawValue: 4)
        /// The projection of the heads' outputs.
        public static let output = Biases(rawValue: 8)
        /// The layers of the MLP.
        public static let feedForward = Biases(rawValue: 16)
        /// The four projections of attention.
        public static let attention: Biases = [.query, .key, .value, .output]
        /// Every layer.
        public static let all: Biases = [.attention, .feedForward]
        /// Every layer but the projection to keys (Whisper).
        public static let allButKey: Biases = [.query, .value, .output, .feedForward]
    }

    /// The matrix that maps states to logits over the vocabulary.
    public enum Unembedding: String, Sendable, CaseIterable {
        /// The embedding table.
        case tied
        /// A separate matrix.
        case own
        case none
    }

    /// A dense layer, an activation and a norm before the unembedding (Devlin et al. 2019).
    public struct Prediction: Sendable, Hashable {
        /// The activation.
        public var activation: Activation
        /// Whether the dense layer has a bias.
        public var hasBias: Bool

        /// A layer of this activation.
        public init(_ activation: Activation, hasBias: Bool = true) {
            (self.activation, self.hasBias) = (activation, hasBias)
        }
    }

    /// A head that gives one row of scores for a whole text, such as a cross-encoder's relevance (Nogueira and Cho 2019).
    public struct Classifier: Sendable, Hashable {
        /// The number of scores.
        public var labelCount: Int
        /// Whether the states of the real tokens are averaged; else the first token's state is read.
        public var averages = false
        /// The activation of the layer before the scores.
        public var activation: Activation
        /// Whether that layer has a bias.
        public var hasBias = true
        /// Whether its result is normalized.
        public var normalizes = false

        /// A head on the first token's state.
        public init(labelCount: Int, activation: Activation) {
            (self.labelCount, self.activation) = (labelCount, activation)
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
}
