public import AttendRuntime

/// The compute and memory cost of one forward pass over a number of tokens, for one sequence. Counts are `Int.max` on
/// overflow.
public struct ContextCost: Sendable, Hashable {
    /// The number of tokens in the sequence.
    public var tokens: Int
    /// The number of cells in the largest attention pattern, queries × keys.
    public var patternCells: Int
    /// The number of attention patterns: one per head and layer.
    public var patternCount: Int
    /// The number of cells in all patterns.
    public var allPatternCells: Int
    /// The number of elements in the keys and values of all layers: the size of a key-value cache.
    public var cachedNumbers: Int
    /// Floating-point operations of all products, two per multiply-add; masked cells of patterns are included.
    public var flops: Double
    /// The size of intermediate values in bytes, in the model's types, with memory reuse and without stored patterns.
    public var workingByteCount: Int

    /// Plans `model` for one sequence of `tokens` on a ``CountingDevice`` and sums the costs. Nothing is computed.
    ///
    /// - Throws: ``PlanError`` if the model can't read that many tokens.
    public static func of(_ model: CountableModel, tokens: Int) throws(PlanError) -> ContextCost {
        let device = CountingDevice()
        var symbols = model.fixedSymbols
        for symbol in model.contextSymbols { symbols[symbol] = tokens }
        let plan = try Program(model.graph, on: device, optimizer: .none).plan(symbols: symbols)
        var cost = ContextCost(
            tokens: tokens, patternCells: 0, patternCount: 0, allPatternCells: 0, cachedNumbers: 0,
            flops: plan.placements.reduce(0) { $0 + $1.cost.flops }, workingByteCount: plan.workingByteCount)
        for attention in device.takeAttentions() {
            let (cells, patterns) = (
                attention.queries.times(attention.keys), attention.batch.times(attention.queryHeads)
            )
            cost.patternCells = max(cost.patternCells, cells)
            cost.patternCount = cost.patternCount.plus(patterns)
            cost.allPatternCells = cost.allPatternCells.plus(patterns.times(cells))
            let numbers = [
                attention.batch, attention.keyValueHeads, attention.keys,
                attention.headDimension.plus(attention.valueDimension)
            ]
            cost.cachedNumbers = cost.cachedNumbers.plus(numbers.product)
        }
        return cost
    }
}
