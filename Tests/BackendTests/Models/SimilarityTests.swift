import AttendModels
import AttendRuntime
import TestSupport
import Testing

/// How alike vectors are, by hand.
@Suite struct SimilarityTests {
    private static let vectors = [[3, 4], [0, 2], [0, 0]] as [[Float]]

    @Test(arguments: [
        (Similarity.cosine, [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 0]]),
        (.dot, [[25, 8, 0], [8, 4, 0], [0, 0, 0]]),
        (.euclidean, [[0, -13.0.squareRoot(), -5], [-13.0.squareRoot(), 0, -2], [-5, -2, 0]]),
        (.manhattan, [[0, -5, -7], [-5, 0, -2], [-7, -2, 0]])
    ])
    func `each has its definition`(_ similarity: Similarity, _ expected: [[Double]]) throws {
        let found = try similarity(Tensor(Self.vectors.flatMap(\.self), shape: [3, 2]))
        #expect(found.map(\.count) == expected.map(\.count))
        #expect(zip(found.joined(), expected.joined()).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
        #expect(found.joined().allSatisfy { $0.sign == .plus || $0 < 0 })
        #expect(try similarity(Tensor([Float](), shape: [0, 2])).isEmpty)
    }
}
