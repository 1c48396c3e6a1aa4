/// Whether a value derives from a matrix product through sums, scales and caps alone (the scores' side of a sum), by
/// value.
struct ScorePaths {
    private let isScores: [Bool]

    /// One forward sweep; values are in topological order. O(values).
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
