public import AttendRuntime

/// What a pass over some number of tokens takes.
public struct ContextCost: Sendable, Hashable {
    public var tokens: Int
    /// Cells of the largest attention pattern: queries × keys.
    public var patternCells: Int
    /// Attention patterns in all: one for each head of each layer.
    public var patternCount: Int
    /// Cells of all patterns.
    public var allPatternCells: Int
    /// Numbers in the keys and values of all layers: what a cache holds.
    public var cachedNumbers: Int
    /// Multiply-adds of all products, each counted as two; hidden cells of patterns are computed too.
    public var flops: Double
    /// Bytes of the values between nodes in float32, where memory is used again and no pattern is kept.
    public var workingByteCount: Int

    /// Plans `model` for one sequence of `tokens` on a device that only counts, and adds up what it saw.
    ///
    /// - Throws: ``PlanError`` where the model can't read so many tokens.
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
