import AttendModels
import AttendRuntime

/// Texts in batches that run one after another, so that memory does not grow with their number.
struct TextBatches {
    /// The indices of the texts in each batch. With several batches, texts of similar length are grouped.
    let parts: [[Int]]

    /// The maximum number of texts in a batch.
    static let size = 32

    private init(parts: [[Int]]) { self.parts = parts }

    /// One batch with all texts, for captures.
    init(whole encodings: [Encoding]) { self.init(parts: [Array(encodings.indices)]) }

    init(_ encodings: [Encoding]) {
        guard encodings.count > TextBatches.size else {
            self.init(whole: encodings)
            return
        }
        let order = encodings.indices.sorted {
            (encodings[$0].ids.count, $0) < (encodings[$1].ids.count, $1)
        }
        self.init(
            parts: stride(from: 0, to: order.count, by: TextBatches.size).map {
                Array(order[$0..<min($0 + TextBatches.size, order.count)])
            })
    }

    /// Runs all batches and returns the results, `[texts, width]`, in the order of the texts.
    ///
    /// - Parameter run: Runs a batch.
    func embeddings(_ run: (_ part: [Int]) throws -> Tensor) throws -> Tensor {
        guard parts.count > 1 else { return try run(parts[0]) }
        let progress = ProgressLine()
        defer { progress.clear() }
        let count = parts.reduce(0) { $0 + $1.count }
        var rows = [[Float]](repeating: [], count: count)
        var done = 0
        for part in parts {
            progress.show("\(Quantity.grouped(done)) of \(Quantity.grouped(count)) texts")
            for (place, row) in zip(part, try run(part).rows()) { rows[place] = row }
            done += part.count
        }
        return try Tensor(rows.flatMap(\.self), shape: [count, rows.first?.count ?? 0])
    }
}
