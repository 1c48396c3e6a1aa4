/// Which values are the scores' side of a sum: a product lies behind them, and nothing but sums, scales and caps between.
struct ScorePaths {
    private let isScores: [Bool]

    /// Forwards over all values, each of which stands after what it is made of. O(values).
    init(_ reader: PatternReader) {
        var isScores: [Bool] = []
        isScores.reserveCapacity(reader.graph.values.count)
        for id in reader.graph.values.indices {
            guard reader.isUsedOnce(id), let node = reader.maker(id) else {
                isScores.append(false)
                continue
            }
            switch node.operation.primitive {
            case .matmul: isScores.append(true)
            case .add, .tanh: isScores.append(reader.inputs(node).contains { isScores[$0] })
            case .multiply, .divide:
                isScores.append(AttentionPattern.scaled(node, reader).map { isScores[$0.0] } ?? false)
            default: isScores.append(false)
            }
        }
        self.isScores = isScores
    }

    func contains(_ id: Graph.ValueID) -> Bool { isScores[id] }
}
