/// The steps of an explanation, in order (3Blue1Brown, "Attention in transformers, step by step", 2024): the embedding
/// lookup, positions, queries and keys, their dot products, the scale, the mask, softmax, the attention pattern,
/// values, the change of the embeddings, several heads, the output matrix, cross-attention, blocks with MLPs, and the
/// prediction.
public enum ExplanationStep: String, Sendable, CaseIterable {
    case lookup, positions
    case queriesAndKeys = "queries-and-keys"
    case products, scale, mask, softmax, pattern, values, change, heads
    case outputMatrix = "output-matrix"
    case crossAttention = "cross-attention"
    case blocks, prediction

    /// The step's number, from 1 up.
    public var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }
}

/// One explained step: the formula, its meaning, and the numbers.
public struct ExplainedStep: Sendable {
    /// The step.
    public var step: ExplanationStep
    /// A short title.
    public var title: String
    /// The formula, in plain text.
    public var formula: String
    /// The meaning, in one or two sentences.
    public var sentence: String
    /// The numbers to show.
    public var figures: [Figure]

    init(_ step: ExplanationStep, _ title: String, formula: String, _ sentence: String, _ figures: [Figure] = []) {
        (self.step, self.title, self.formula, self.sentence, self.figures) = (step, title, formula, sentence, figures)
    }
}
