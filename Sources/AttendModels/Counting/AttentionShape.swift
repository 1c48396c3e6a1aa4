/// The matrices of one attention block, read off a graph. All sizes are exact; every product of them is a count of parameters.
public struct AttentionShape: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case selfAttention = "self-attention"
        case crossAttention = "cross-attention"
    }

    public var kind: Kind
    public var headCount: Int
    public var keyValueHeadCount: Int
    /// The matrices `[out, in]` as the graph has them, all heads in one.
    public var query: [Int]
    public var key: [Int]
    public var value: [Int]
    public var output: [Int]
    /// Elements of the biases of the four.
    public var biasCount: Int

    /// A head's own rows of the query matrix, `[headDimension, width]`.
    public var queryOfHead: [Int] { [query[0] / headCount, query[1]] }
    /// `[headDimension, width]`; where heads share keys and values, of the group.
    public var keyOfHead: [Int] { [key[0] / keyValueHeadCount, key[1]] }
    /// `[valueDimension, width]`: the value-down matrix of the film.
    public var valueDownOfHead: [Int] { [value[0] / keyValueHeadCount, value[1]] }
    /// `[width, valueDimension]`: the head's columns of the output matrix, its value-up matrix.
    public var valueUpOfHead: [Int] { [output[0], output[1] / headCount] }

    /// The four matrices that one head uses.
    public var headParameterCount: Int {
        [queryOfHead, keyOfHead, valueDownOfHead, valueUpOfHead].map(\.product).total
    }

    /// All matrices of the block; keys and values that heads share count once.
    public var blockParameterCount: Int { [query, key, value, output].map(\.product).total }

    /// A value map that is one matrix, `[width out, width in]`, in place of value-down and value-up.
    public var squareValueMap: [Int] { [output[0], value[1]] }

    /// Value-down and value-up of one head.
    public var factoredValueMapCount: Int { valueDownOfHead.product.plus(valueUpOfHead.product) }
}
