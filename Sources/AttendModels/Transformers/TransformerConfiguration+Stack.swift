extension TransformerConfiguration {
    /// A stack of blocks of equal sizes.
    public struct Stack: Sendable, Hashable {
        /// The number of blocks.
        public var layerCount: Int
        /// The number of query heads.
        public var headCount: Int
        /// The number of key and value heads; smaller than ``headCount`` if query heads share them.
        public var keyValueHeadCount: Int
        /// The dimension of a head's queries, keys and values.
        public var headDimension: Int
        /// The inner width of the MLP; nil for blocks without an MLP.
        public var feedForwardDimension: Int?
        /// The kind of positions.
        public var positions: Positions
        /// The number of rows of learned or tabled positions, or of buckets of relative positions; nil for other kinds.
        public var positionCount: Int?
        /// The number of buckets of relative positions beside another kind of positions (MPNet); nil for none.
        public var relativeBuckets: Int?
        /// The distance from which on all keys share the last bucket of relative positions.
        public var maximumDistance = 128
        /// The row of the first token's learned position (BART has 2).
        public var positionOffset = 0
        /// The id of padding, whose tokens have no position of their own: they read row `paddingID`, and the others the
        /// rows from `paddingID` + 1 on (RoBERTa). Nil for learned positions from row 0 on.
        public var paddingID: Int?
        /// The paths of the layers' weights, for layers that share them (ALBERT); nil for the layers' numbers.
        public var weightPaths: [String]?
        /// The frequencies of rotary positions; unused for other kinds.
        public var rotary = RotarySettings()
        /// The frequencies in local layers; nil for ``rotary``.
        public var localRotary: RotarySettings?
        /// The layers whose queries see the keys within ``window``.
        public var localLayers: Set<Int> = []
        /// The visible positions on each side of a query in local layers, including its own.
        public var window: Int?

        /// A stack of blocks.
        ///
        /// - Parameter keyValueHeadCount: nil for as many as `headCount`.
        public init(
            layerCount: Int, headCount: Int, keyValueHeadCount: Int? = nil, headDimension: Int,
            feedForwardDimension: Int?, positions: Positions = .none, positionCount: Int? = nil
        ) {
            self.layerCount = layerCount
            self.headCount = headCount
            self.keyValueHeadCount = keyValueHeadCount ?? headCount
            self.headDimension = headDimension
            self.feedForwardDimension = feedForwardDimension
            self.positions = positions
            self.positionCount = positionCount
        }

        /// The row of the first token's learned position.
        var firstPosition: Int { paddingID.map { $0 + 1 } ?? positionOffset }

        /// The number of tokens for which there are positions; nil for kinds of positions without a table.
        var tokenLimit: Int? {
            guard [.learned, .sinusoidalTable].contains(positions) else { return nil }
            return positionCount.map { max(0, $0 - firstPosition) }
        }

        /// The path of a layer's weights.
        func weightPath(_ layer: Int) -> String { weightPaths?[layer] ?? "\(layer)" }
    }
}
