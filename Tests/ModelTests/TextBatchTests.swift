import AttendModels
import AttendRuntime
import Testing

/// How texts are put into batches.
@Suite struct TextBatchTests {
    private func encodings(_ lengths: [Int]) -> [Encoding] {
        lengths.map { Encoding(ids: Array(repeating: 1, count: $0), typeIDs: Array(repeating: 0, count: $0)) }
    }

    @Test func `one long text does not pad the short ones`() {
        let lengths = Array(repeating: 8, count: 600) + [256]
        let parts = TextBatches(encodings(lengths)).parts
        #expect(parts.flatMap(\.self).sorted() == Array(lengths.indices))
        #expect(parts.last == [600])
        #expect(parts.allSatisfy { (1...32).contains($0.count) })
        let padded = parts.reduce(0) { sum, part in sum + part.count * (part.map { lengths[$0] }.max() ?? 0) }
        #expect(padded == 600 * 8 + 256)
    }

    @Test func `padding is at most 15 percent of a batch`() {
        let lengths = (0..<500).map { 3 + $0 * 7 % 90 }
        for part in TextBatches(encodings(lengths)).parts where part.count > 1 {
            let (longest, sum) = (part.map { lengths[$0] }.max() ?? 0, part.reduce(0) { $0 + lengths[$1] })
            #expect(Double(part.count * longest - sum) <= 0.15 * Double(part.count * longest))
        }
    }

    @Test func `where padding changes results, batches are those of sentence-transformers`() {
        let parts = TextBatches(encodings([9, 1, 5] + Array(repeating: 2, count: 33)), limitsPadding: false).parts
        #expect(parts.map(\.count) == [32, 4])
        #expect(parts[0][0] == 1)
    }

    @Test func `results are in the order of the texts, and no batch runs twice`() throws {
        var runs = 0
        let lengths = [5, 1, 9, 1, 60]
        let found = try TextBatches(encodings(lengths)).embeddings { part in
            runs += 1
            return try Tensor(part.flatMap { [Float($0), Float(lengths[$0])] }, shape: [part.count, 2])
        }
        #expect(try found.rows() == lengths.enumerated().map { [Float($0), Float($1)] })
        #expect(runs == TextBatches(encodings(lengths)).parts.count)
    }
}
