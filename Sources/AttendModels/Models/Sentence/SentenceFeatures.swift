import AttendRuntime

/// The values between a sentence encoder's modules, by their names in sentence-transformers.
struct SentenceFeatures {
    static let tokenEmbeddings = "token_embeddings"
    static let sentenceEmbedding = "sentence_embedding"
    /// The pooling mask, an input of graphs whose pooling excludes the prompt: int64 `[batch, tokens]`, 1 = pooled.
    static let poolingMaskName = "pooling_mask"

    let builder: GraphBuilder
    /// The floating-point dtype of weights and of the layers that read them. Pooling and lengths are in float32.
    let dtype: DType
    /// Whether weights are declared inputs.
    let isDeclared: Bool
    /// int64 `[batch, tokens]`, 1 = a real token.
    let attentionMask: Value
    /// The attention mask without the prompt's tokens, if a module needs it.
    let poolingMask: Value
    /// Values of tokens `[batch, tokens, width]`, of texts `[batch, width]`.
    var values: [String: Value] = [:]

    /// The value of a name.
    ///
    /// - Parameters:
    ///   - path: The module's file, for errors.
    ///   - key: The setting that named the value.
    func value(_ name: String, for path: String, key: String? = nil) throws(ModelError) -> Value {
        if let value = values[name] { return value }
        let known = values.keys.sorted().joined(separator: ", ")
        let setting = key.map { "\($0): " } ?? ""
        throw ModelError(
            path: path,
            reason: "\(setting)no earlier module produces \(name)\(known.isEmpty ? "" : " (available: \(known))")"
        )
    }

    /// The value of this name, whose last axis must have `width` elements.
    ///
    /// - Parameter setting: The key of the width, for errors.
    func value(
        _ name: String, width: Int, setting: String, for path: String, key: String? = nil
    ) throws(ModelError) -> Value {
        let found = try value(name, for: path, key: key)
        guard found.shape.last?.constant == width else {
            let actual = found.shape.last.map(String.init(describing:)) ?? "none"
            throw ModelError(
                path: path, reason: "\(setting): expected \(actual), the width of the \(name), found \(width)")
        }
        return found
    }
}

/// A step from token states to the sentence embedding.
protocol SentenceModule: Sendable {
    /// A short description for reports.
    var summary: String { get }

    func apply(to features: inout SentenceFeatures) throws
}
