/// The steps of the story, in its order (3Blue1Brown, "Attention in transformers, step by step", 2024).
public enum ExplanationStep: String, Sendable, CaseIterable {
    case lookup, positions
    case queriesAndKeys = "queries-and-keys"
    case products, scale, mask, softmax, pattern, values, change, heads
    case outputMatrix = "output-matrix"
    case crossAttention = "cross-attention"
    case blocks, prediction

    /// From 1 up.
    public var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }
}

/// One step, told: what is computed, why, and the numbers.
public struct ExplainedStep: Sendable {
    public var step: ExplanationStep
    public var title: String
    public var formula: String
    /// What it means, in a plain sentence or two.
    public var sentence: String
    public var figures: [Figure]

    init(_ step: ExplanationStep, _ title: String, formula: String, _ sentence: String, _ figures: [Figure] = []) {
        (self.step, self.title, self.formula, self.sentence, self.figures) = (step, title, formula, sentence, figures)
    }
}
