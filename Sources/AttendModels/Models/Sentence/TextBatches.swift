package import AttendRuntime

/// Texts in batches that run one after another, so that neither memory nor padding grows with their number.
package struct TextBatches: Sendable {
    /// The indices of the texts in each batch. With several batches, texts of similar length are grouped.
    package let parts: [[Int]]

    /// The maximum number of texts in a batch.
    static let size = 32
    /// The maximum share of padding in a batch.
    private static let padding = 0.15

    private init(parts: [[Int]]) { self.parts = parts }

    /// One batch with all texts, for captures.
    package init(whole encodings: [Encoding]) { self.init(parts: [Array(encodings.indices)]) }

    /// Batches of the shortest texts first. A text that would make padding of too much of a batch begins the next one.
    ///
    /// - Parameter limitsPadding: Whether batches are cut by padding; else by the number of texts alone, as in
    ///   sentence-transformers, which matters where padding changes results.
    /// - Complexity: O(texts · log texts).
    package init(_ encodings: [Encoding], limitsPadding: Bool = true) {
        let lengths = encodings.map { max(1, $0.ids.count) }
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        var parts: [[Int]] = []
        var sum = 0
        for index in order {
            let count = parts.last?.count ?? 0
            let padded = limitsPadding ? Double((count + 1) * lengths[index]) : 0
            if count == 0 || count == TextBatches.size
                || padded - Double(sum + lengths[index]) > TextBatches.padding * padded
            {
                parts.append([])
                sum = 0
            }
            parts[parts.count - 1].append(index)
            sum += lengths[index]
        }
        self.init(parts: parts)
    }

    /// Runs all batches and returns the results, `[texts, width]`, in the order of the texts.
    ///
    /// - Parameters:
    ///   - progress: Called before each batch with the number of texts that are done.
    ///   - run: Runs a batch.
    package func embeddings(
        progress: (_ done: Int) -> Void = { _ in }, _ run: (_ part: [Int]) throws -> Tensor
    ) throws -> Tensor {
        var results: [(part: [Int], result: Tensor)] = []
        var done = 0
        for part in parts {
            progress(done)
            results.append((part, try run(part)))
            done += part.count
        }
        return try TextBatches.rows(of: results)
    }

    private static func rows(of results: [(part: [Int], result: Tensor)]) throws -> Tensor {
        let count = results.reduce(0) { $0 + $1.part.count }
        var rows = [ArraySlice<Float>](repeating: [], count: count)
        var width = 0
        for (part, result) in results {
            let values = try result.floats()
            width = result.shape.last ?? 0
            for (row, place) in part.enumerated() { rows[place] = values[(row * width)..<((row + 1) * width)] }
        }
        return try Tensor(rows.flatMap(\.self), shape: [count, width])
    }
}
