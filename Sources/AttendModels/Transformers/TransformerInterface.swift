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
    private let isModel: Bool
    let positions: PositionInput

    static let preset = TransformerInterface(isModel: false, positions: .counted)

    static func model(positions: PositionInput) -> TransformerInterface {
        TransformerInterface(isModel: true, positions: positions)
    }

    /// The names of a model's inputs that are not weights.
    static let modelInputs: Set<String> = ["input_ids", "attention_mask", "token_type_ids", "position_ids"]

    /// The token input of a decoder, or of an encoder without decoder.
    var tokens: String { isModel ? "input_ids" : "tokens" }
    /// The token input of an encoder with a decoder.
    var source: String { "source" }
    var tokenTypes: String { isModel ? "token_type_ids" : "token_types" }
    /// The attention-mask input; nil for sequences of one length.
    var attentionMask: String? { isModel ? "attention_mask" : nil }

    /// The symbol of the number of tokens of an input.
    func length(of input: String) -> Size { .symbol(isModel ? "tokens" : input) }

    /// The name of a node of the embeddings, such as `embeddings/tokens`; nil for unnamed nodes.
    func embeddings(_ part: String? = nil) -> String? {
        guard isModel else { return nil }
        return part.map { "embeddings/\($0)" } ?? "embeddings"
    }

    /// The prefix of a block's nodes.
    func block(_ side: String, _ layer: Int) -> String { isModel ? "layers/\(layer)" : "\(side)/layers/\(layer)" }

    /// The name of a block's last node; nil for its default name.
    func end(of block: String) -> String? { isModel ? "\(block)/hidden" : nil }
}
