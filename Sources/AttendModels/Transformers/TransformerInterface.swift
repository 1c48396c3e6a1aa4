import AttendRuntime

/// The source of the indices into learned positions.
public enum PositionInput: Sendable, Hashable {
    /// 0, 1, 2, … for every sequence.
    case counted
    /// The input `position_ids`, int64 `[batch, tokens]`, for example for left-padded sequences.
    case given
}

/// The names of a transformer's inputs and nodes: those of presets, or of Hugging Face's models.
struct TransformerInterface {
    /// One of the two stacks of a transformer.
    enum Side: String {
        case encoder, decoder
    }

    private let isModel: Bool
    /// Whether there are an encoder and a decoder, whose names have their side in front.
    private let hasSides: Bool
    let positions: PositionInput

    static let preset = TransformerInterface(isModel: false, hasSides: true, positions: .counted)

    static func model(_ configuration: TransformerConfiguration, positions: PositionInput) -> TransformerInterface {
        TransformerInterface(isModel: true, hasSides: configuration.hasTwoStacks, positions: positions)
    }

    /// The names of a model's inputs that are not weights.
    static let modelInputs: Set<String> = [
        "input_ids", "attention_mask", "token_type_ids", "position_ids", "decoder_input_ids",
        "decoder_attention_mask", "input_features"
    ]

    /// The token input of a stack.
    ///
    /// - Parameter isAlone: Whether it is the only stack.
    func tokens(_ side: Side, isAlone: Bool) -> String {
        if isAlone || side == .decoder { return isModel ? (isAlone ? "input_ids" : "decoder_input_ids") : "tokens" }
        return isModel ? "input_ids" : "source"
    }

    /// The spectrogram.
    var audio: String { isModel ? "input_features" : "mel" }
    var tokenTypes: String { isModel ? "token_type_ids" : "token_types" }

    /// The attention-mask input beside a token input; nil for sequences of one length.
    func attentionMask(beside tokens: String) -> String? {
        guard isModel else { return nil }
        return tokens == "decoder_input_ids" ? "decoder_attention_mask" : "attention_mask"
    }

    /// The symbol of the number of tokens of a token input.
    func length(of tokens: String) -> Size {
        guard isModel else { return .symbol(tokens) }
        return .symbol(hasSides && tokens == "input_ids" ? "source" : "tokens")
    }

    /// The name of a node of the embeddings, such as `embeddings/tokens`; nil for unnamed nodes.
    func embeddings(_ side: Side, _ part: String? = nil) -> String? {
        guard isModel else { return nil }
        let name = hasSides ? "\(side.rawValue)/embeddings" : "embeddings"
        return part.map { "\(name)/\($0)" } ?? name
    }

    /// The prefix of a block's nodes.
    func block(_ side: Side, _ layer: Int) -> String {
        hasSides ? "\(side.rawValue)/layers/\(layer)" : "layers/\(layer)"
    }

    /// The name of a block's last node; nil for its default name.
    func end(of block: String) -> String? { isModel ? "\(block)/hidden" : nil }
}
