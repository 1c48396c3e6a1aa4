/// An output of a model's graph, named as in Hugging Face's transformers.
public enum ModelOutput: Sendable, Hashable, CaseIterable {
    /// `last_hidden_state` `[batch, tokens, modelDimension]`, after the final norm if the model has one.
    case lastHiddenState
    /// `hidden_states_0` (the embeddings) to `hidden_states_N`, which is `last_hidden_state`; each
    /// `[batch, tokens, modelDimension]`.
    case hiddenStates
    /// `attentions_0` …: the attention patterns `[batch, heads, queries, keys]`, one per layer.
    case attentionPatterns
    /// `encoder_last_hidden_state` `[batch, source, modelDimension]`, of a model with an encoder and a decoder.
    case encoderLastHiddenState
    /// `encoder_hidden_states_0` …, as ``hiddenStates``, of a model with an encoder and a decoder.
    case encoderHiddenStates
    /// `encoder_attentions_0` …: the patterns of the encoder `[batch, heads, source, source]`.
    case encoderAttentionPatterns
    /// `decoder_hidden_states_0` …, as ``hiddenStates``, of a model with an encoder and a decoder.
    case decoderHiddenStates
    /// `decoder_attentions_0` …: the decoder's patterns of self-attention `[batch, heads, tokens, tokens]`.
    case decoderAttentionPatterns
    /// `cross_attentions_0` …: the decoder's patterns of cross-attention `[batch, heads, tokens, source]`.
    case crossAttentionPatterns
    /// `mean_pooled` `[batch, modelDimension]`: the mean over real tokens.
    case meanPooled
    /// `sentence_embedding` `[batch, width]`: the result of the modules in `modules.json`; without that file the mean,
    /// scaled to length 1.
    case sentenceEmbedding
    /// `pooler_output` `[batch, modelDimension]`: the first token's state through the pooler.
    case poolerOutput
    /// `logits` of the head: `[batch, tokens, vocabularySize]`, or `[batch, labels]` of a classifier of whole texts.
    case logits

    /// The name in Hugging Face's transformers; series such as `hidden_states` have one name.
    public var name: String {
        switch self {
        case .lastHiddenState: "last_hidden_state"
        case .hiddenStates: "hidden_states"
        case .attentionPatterns: "attentions"
        case .encoderLastHiddenState: "encoder_last_hidden_state"
        case .encoderHiddenStates: "encoder_hidden_states"
        case .encoderAttentionPatterns: "encoder_attentions"
        case .decoderHiddenStates: "decoder_hidden_states"
        case .decoderAttentionPatterns: "decoder_attentions"
        case .crossAttentionPatterns: "cross_attentions"
        case .meanPooled: "mean_pooled"
        case .sentenceEmbedding: SentenceFeatures.sentenceEmbedding
        case .poolerOutput: "pooler_output"
        case .logits: "logits"
        }
    }

    /// The graph's output name for an element of a series, such as `hidden_states_2`: names in graphs have no dots.
    func graphName(_ index: Int) -> String { "\(name)_\(index)" }

    private static let series = [
        hiddenStates, attentionPatterns, encoderHiddenStates, encoderAttentionPatterns, decoderHiddenStates,
        decoderAttentionPatterns, crossAttentionPatterns
    ]

    /// Whether the model has one tensor for each layer, such as `hidden_states.2`.
    public var isSeries: Bool { ModelOutput.series.contains(self) }

    /// The name in transformers for an output of a graph, such as `hidden_states.2` for `hidden_states_2`.
    public static func publicName(of output: String) -> String {
        for several in series where output.hasPrefix("\(several.name)_") {
            return "\(several.name).\(output.dropFirst(several.name.count + 1))"
        }
        return output
    }
}
