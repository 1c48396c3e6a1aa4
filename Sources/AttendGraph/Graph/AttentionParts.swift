/// Multi-head attention that a graph writes out node by node, such as attention with rotary positions, instead of as one
/// `self_attention` or `cross_attention`. Its heads can be captured under the name of its last node, as those of the
/// composites; see ``Graph/capturing(_:)``.
public struct AttentionParts: Sendable, Hashable {
    /// The node with the change by attention, `[batch, queries, width]`: the product with the output matrix.
    public var node: String
    /// Number of query heads.
    public var heads: Int
    /// Number of key and value heads, a divisor of ``heads``.
    public var keyValueHeads: Int
    /// The output of `attention`, `[batch, heads, queries, valueDimension]`.
    public var mixed: Graph.ValueID
    /// The matrices by their inputs' names in `self_attention` (`query_weight`, `output_bias`, …).
    public var weights: [String: Graph.ValueID]
    /// Whether queries and keys are normalized by head.
    public var normalizesHeads: Bool
    /// Whether queries and keys are turned by their positions (Su et al. 2021).
    public var isRotary: Bool
}
