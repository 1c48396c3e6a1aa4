/// How the next token is chosen from the logits.
public struct SamplingSettings: Sendable, Hashable {
    /// The divisor of the logits, above 0.
    public var temperature: Double
    /// Only the k most probable tokens are drawn; nil for all.
    public var topK: Int?
    /// Only the most probable tokens are drawn, as many as have this share of the probability together (Holtzman et al.
    /// 2020); nil for all.
    public var topP: Double?
    /// Only tokens of at least this share of the largest probability are drawn (Nguyen et al. 2024); nil for all.
    public var minP: Double?
    /// The seed: the same seed, backend and instruction set give the same text.
    public var seed: Int

    /// Draws by the softmax of the logits.
    public init(
        temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, minP: Double? = nil, seed: Int = 0
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.seed = seed
    }

    /// The first setting out of its range, with the range; nil if all are valid.
    public var problem: String? {
        if !(temperature > 0 && temperature.isFinite) { return "temperature must be above 0, found \(temperature)" }
        if let topK, topK < 1 { return "top-k must be at least 1, found \(topK)" }
        if let topP, !(topP > 0 && topP <= 1) { return "top-p must be above 0 and at most 1, found \(topP)" }
        if let minP, !(minP >= 0 && minP <= 1) { return "min-p must be from 0 to 1, found \(minP)" }
        return nil
    }
}

/// Rules that change the logits before a token is chosen, as `generation_config.json` switches them on. The defaults change
/// nothing.
public struct LogitsRules: Sendable, Hashable {
    /// The divisor of positive logits of tokens that occur already, and the factor of negative ones (Keskar et al. 2019);
    /// 1 for none.
    public var repetitionPenalty = 1.0
    /// No sequence of this many tokens occurs twice; 0 for no limit.
    public var uniqueNGramSize = 0
    /// Sequences of tokens whose last token is never chosen after the others.
    public var forbidden: [[Int]] = []
    /// Tokens that are never chosen.
    public var suppressed: [Int] = []
    /// Tokens that are never chosen first.
    public var suppressedFirst: [Int] = []
    /// The first token, if the decoder's input is one token.
    public var forcedFirst: Int?
    /// The tokens of which one is chosen if the length reaches its limit.
    public var forcedLast: [Int] = []
    /// The number of tokens, prompt included, before which no end is chosen.
    public var minimumLength = 0
    /// The number of new tokens before which no end is chosen.
    public var minimumNewTokens = 0

    /// The rules of timestamps in speech; nil for none.
    public var timestamps: TimestampRules?

    /// Rules that change nothing.
    public init() {}
}

/// How a model continues a text.
public struct GenerationSettings: Sendable, Hashable {
    /// The largest number of new tokens.
    public var maximumNewTokens: Int
    /// Nil for the token with the largest logit.
    public var sampling: SamplingSettings?
    /// Tokens that end a sequence.
    public var endIDs: Set<Int> = []
    /// The token behind the end of sequences that are shorter than others of their batch.
    public var padID = 0
    /// Rules for the logits.
    public var rules = LogitsRules()
    /// The number of beams; 1 for one sequence.
    public var beamCount = 1
    /// The exponent of the length by which the sums of beams are divided.
    public var lengthPenalty = 1.0
    /// When the search of beams ends.
    public var earlyStopping = EarlyStopping.heuristic

    /// When a search of beams ends.
    public enum EarlyStopping: Sendable, Hashable {
        /// As soon as there are as many finished sequences as beams.
        case first
        /// When the best running beam, were it to end now, is no better than the worst finished sequence.
        case heuristic
        /// When no running beam can become better.
        case never
    }

    /// Greedy continuation.
    public init(maximumNewTokens: Int) { self.maximumNewTokens = maximumNewTokens }
}

/// A request for generation that a model can't fulfill, with the reason.
public struct GenerationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The message, with the way out.
    public let description: String

    /// An error with this message.
    public init(_ description: String) { self.description = description }
}
