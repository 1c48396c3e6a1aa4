import AttendModels
import AttendRuntime
import ModelSupport
import TestSupport
import Testing

/// Little model folders against sentence-transformers: each setting of a folder in each of its spellings.
@Suite struct ModelCaseTests {
    /// The token ids, the embeddings and the similarities are the peer's.
    private static func check(_ test: ModelCase, on backend: any ComputeBackend) throws {
        let folder = try test.folder()
        let encoder = try SentenceModel(folder: folder.path)
        #expect(test.texts.map { encoder.encode($0, prompt: test.prompt).ids } == test.ids)
        let session = try Program(encoder.graph, on: backend).makeSession()
        let found = try encoder.embeddings(test.texts, prompt: test.prompt, session: session)
        let goal = test.embeddings
        #expect(found.shape == [test.texts.count, goal[0].count])
        #expect(encoder.dimension == goal[0].count)
        let (tolerance, values) = (try ModelCase.tolerance, try found.floats())
        #expect(
            zip(values, goal.joined()).allSatisfy { abs(Double($0) - $1) <= tolerance }, "\(values) in place of \(goal)"
        )
        guard let similarity = test.similarity else { return }
        #expect(encoder.similarity.rawValue == similarity.name)
        let largest = goal.joined().reduce(1) { max($0, abs($1)) }
        let rows = try encoder.similarity(found)
        #expect(rows.count == similarity.values.count)
        for (row, expected) in zip(rows, similarity.values) {
            // A term of each of the width's numbers is off by the tolerance times the other factor.
            #expect(row.count == expected.count)
            #expect(zip(row, expected).allSatisfy { abs($0 - $1) <= 2 * tolerance * largest * Double(goal[0].count) })
        }
    }

    @Test(arguments: ModelCase.all) func `embeds as sentence-transformers does`(_ test: ModelCase) throws {
        try Self.check(test, on: backend("simd"))
    }

    /// Every pooling in one graph, on every backend.
    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("every pooling gives sentence-transformers' numbers") { backend in
            try check(try #require(ModelCase.named("old, all of them")), on: backend)
        }
    }

    @Test func `a batch of texts gives what each gives alone`() throws {
        let test = try #require(ModelCase.named("old, all of them"))
        let folder = try test.folder()
        let encoder = try SentenceModel(folder: folder.path)
        let session = try Program(encoder.graph, on: backend("simd")).makeSession()
        let texts = ["cat", "the cat sat on a mat", "", "take a mole"]
        let together = try encoder.embeddings(texts, session: session).rows()
        let tolerance = try ModelCase.tolerance
        #expect(together.count == texts.count)
        for (text, row) in zip(texts, together) {
            let alone = try encoder.embeddings([text], session: session).floats()
            #expect(row.count == alone.count)
            #expect(zip(row, alone).allSatisfy { abs(Double($0) - Double($1)) <= tolerance }, "\(text)")
        }
    }

    @Test func `every activation that a file may name has PyTorch's values`() throws {
        let (points, functions) = try ModelCase.activations
        #expect(functions.count == Activation.transformersNames.count + Activation.torchClasses.count)
        for (name, expected) in functions {
            let activation = try #require(
                name.hasPrefix("torch.") ? Activation(torchClass: name) : Activation(transformersName: name), "\(name)")
            let builder = GraphBuilder("activation")
            let x = try builder.input("x", .float32, [Size(points.count)])
            try builder.output("y", activation(x))
            let results = try builder.build().run(
                ["x": Tensor(points.map { Float($0) }, shape: [points.count])], on: backend("reference"))
            let found = try #require(results["y"]).floats()
            for (index, point) in points.enumerated() {
                // At most ten roundings of float32, of numbers up to the point's own size: 10 · 2⁻²⁴ < 10⁻⁶. Laplace's
                // is half of 1 + erf, which are of size 1 however small their sum is.
                let least = name == "laplace" ? 1 : 1e-3
                let bound = 1e-6 * max(abs(point), abs(expected[index]), least)
                #expect(abs(Double(found[index]) - expected[index]) <= bound, "\(name) at \(point): \(found[index])")
            }
        }
    }
}
