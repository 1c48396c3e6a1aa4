/// The matrix shapes of one attention block, read from a graph. All sizes are exact; a product of a shape is a
/// parameter count.
public struct AttentionShape: Sendable, Hashable {
    /// The kind of attention.
    public enum Kind: String, Sendable, Hashable {
        /// Queries, keys and values from one sequence.
        case selfAttention = "self-attention"
        /// Queries from one sequence, keys and values from another.
        case crossAttention = "cross-attention"
    }

    /// Self- or cross-attention.
    public var kind: Kind
    /// The number of query heads.
    public var headCount: Int
    /// The number of key and value heads; smaller than ``headCount`` if query heads share them.
    public var keyValueHeadCount: Int
    /// The query matrix of all heads, `[headCount · headDimension, width]`.
    public var query: [Int]
    /// The key matrix of all heads, `[keyValueHeadCount · headDimension, contextWidth]`.
    public var key: [Int]
    /// The value matrix of all heads, `[keyValueHeadCount · valueDimension, contextWidth]`.
    public var value: [Int]
    /// The output matrix of all heads, `[width, headCount · valueDimension]`.
    public var output: [Int]
    /// The number of elements in the biases of the four matrices.
    public var biasCount: Int

    /// The query matrix of one head, `[headDimension, width]`.
    public var queryOfHead: [Int] { [query[0] / headCount, query[1]] }
    /// The key matrix of one head, `[headDimension, contextWidth]`; heads of a group share it.
    public var keyOfHead: [Int] { [key[0] / keyValueHeadCount, key[1]] }
    /// The value-down matrix of one head, `[valueDimension, contextWidth]`.
    public var valueDownOfHead: [Int] { [value[0] / keyValueHeadCount, value[1]] }
    /// The value-up matrix of one head, `[width, valueDimension]`: the head's columns of the output matrix.
    public var valueUpOfHead: [Int] { [output[0], output[1] / headCount] }

    /// The number of parameters in the four matrices of one head; `Int.max` on overflow.
    public var headParameterCount: Int {
        [queryOfHead, keyOfHead, valueDownOfHead, valueUpOfHead].map(\.product).total
    }

    /// The number of parameters in all matrices of the block; shared keys and values count once. `Int.max` on overflow.
    public var blockParameterCount: Int { [query, key, value, output].map(\.product).total }

    /// The shape of an unfactored value map, `[width out, width in]`, instead of value-down and value-up.
    public var squareValueMap: [Int] { [output[0], value[1]] }

    /// The number of parameters in value-down and value-up of one head; `Int.max` on overflow.
    public var factoredValueMapCount: Int { valueDownOfHead.product.plus(valueUpOfHead.product) }
}
