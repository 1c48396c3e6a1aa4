/// The sizes of a BERT-family encoder (Devlin et al. 2019), as `config.json` gives them.
public struct BERTConfiguration: Sendable, Hashable {
    public var vocabularySize: Int
    /// The width of the embedding.
    public var modelDimension: Int
    public var layerCount: Int
    public var headCount: Int
    public var feedForwardDimension: Int
    /// The most tokens that have a position.
    public var positionCount: Int
    public var tokenTypeCount: Int
    public var activation: Activation
    public var layerNormEpsilon: Double
    /// Whether a token attends to itself and earlier tokens alone (`is_decoder`).
    public var isCausal = false

    public init(
        vocabularySize: Int, modelDimension: Int, layerCount: Int, headCount: Int, feedForwardDimension: Int,
        positionCount: Int, tokenTypeCount: Int = 2, activation: Activation = .gelu, layerNormEpsilon: Double = 1e-12
    ) {
        self.vocabularySize = vocabularySize
        self.modelDimension = modelDimension
        self.layerCount = layerCount
        self.headCount = headCount
        self.feedForwardDimension = feedForwardDimension
        self.positionCount = positionCount
        self.tokenTypeCount = tokenTypeCount
        self.activation = activation
        self.layerNormEpsilon = layerNormEpsilon
    }

    public var headDimension: Int { modelDimension / headCount }
}
