import AttendModels
import Testing

/// The rank of value maps.
struct MatrixRankTests {
    /// Matrices of which the rank is known: outer products, and rows that are sums of others.
    @Test("the rank of a product", arguments: [0, 1, 3, 7])
    func rank(_ rank: Int) {
        let (rows, inner, columns) = (40, 8, 30)
        func number(_ index: Int) -> Float { Float((index * 7919 + 13) % 101 - 50) / 16 }
        // The rows beyond `rank` of the right factor are multiples of the first ones.
        var right: [[Float]] = []
        for row in 0..<inner {
            let values = (0..<columns).map { rank == 0 ? 0 : number((row % max(rank, 1)) * columns + $0) }
            right.append(row < rank ? values : values.map { $0 * Float(row) })
        }
        let left = (0..<rows).map { row in (0..<inner).map { number(1_000 + row * inner + $0) } }
        #expect(MatrixRank.ofProduct(left, right) == rank)
    }

    @Test("a full rank")
    func full() {
        let identity = (0..<5).map { row in (0..<5).map { Float($0 == row ? 1 : 0) } }
        #expect(MatrixRank.ofProduct(identity, identity) == 5)
    }

    @Test("factors without rows") func empty() { #expect(MatrixRank.ofProduct([], []) == 0) }
}
