import AttendModels
import AttendRuntime
import Foundation
import Synchronization
import TestSupport
import Testing

/// Constants that are read on demand: the bits of those in memory, few reads, and errors that can be mended.
enum DeferredConstantTests {
    /// Counts the reads of each constant, and fails on request.
    private final class Reads: Sendable {
        let counts = Mutex<[String: Int]>([:])
        let failing = Mutex<String?>(nil)

        func tensor(_ name: String, _ tensor: Tensor) throws -> ConstantTensor {
            .deferred(
                try DeferredTensor(name, tensor.dtype, tensor.shape) {
                    if self.failing.withLock({ $0 == name }) {
                        throw FileError(path: name, reason: "is on a broken disk")
                    }
                    self.counts.withLock { $0[name, default: 0] += 1 }
                    return tensor
                })
        }
    }

    /// A table, projections into heads that are merged into one product, and a product with the table's rows.
    private static func graph(_ content: (String, Tensor) throws -> ConstantTensor) throws -> Graph {
        let (width, builder) = (96, GraphBuilder("deferred"))
        func constant(_ name: String, _ shape: [Int], _ seed: Int) throws -> Value {
            try builder.constant(content(name, Tensor(uniform: shape, in: -0.2...0.2, seed: seed)), named: name)
        }
        let ids = try builder.input("ids", .int64, ["batch", "tokens"])
        let table = try constant("table", [300, width], 1)
        let rows = try table.gather(ids, axis: 0)
        let weights = try AttentionWeights(
            query: constant("query", [width, width], 2), key: constant("key", [width, width], 3),
            value: constant("value", [width, width], 4), output: constant("out", [width, width], 5))
        let hidden = try rows + rows.selfAttention(weights, heads: 6, options: .causal, named: "head").output
        try builder.output("hidden", hidden)
        try builder.output("logits", hidden.linear(weight: table))
        return try builder.build()
    }

    private static func ids(_ batch: Int) throws -> [String: Tensor] {
        ["ids": try Tensor((0..<(batch * 7)).map { Int64($0 * 37 % 300) }, shape: [batch, 7])]
    }

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("constants read on demand give the bits of held ones, and are read once for each layout") {
            backend in
            let reads = Reads()
            let (held, deferred) = (try graph { _, tensor in .held(tensor) }, try graph(reads.tensor))
            let program = Program(deferred, on: backend)
            let session = try program.makeSession()
            for batch in [1, 5] {
                let expected = try held.run(ids(batch), on: backend)
                #expect(try session.run(ids(batch)) == expected)
            }
            let counts = reads.counts.withLock(\.self)
            #expect(counts.count == 5)
            // The table is gathered, and multiplied with in another layout.
            #expect(counts.values.allSatisfy { (1...3).contains($0) }, "\(counts)")
            #expect(try program.makeSession().run(ids(5)) == session.run(ids(5)))
            #expect(reads.counts.withLock(\.self) == counts, "a session reads nothing that the program has read")
            let captured = try session.run(ids(5), capture: ["head.pattern"])
            #expect(captured["head.pattern"]?.shape == [5, 6, 7, 7])
            // What the variant needs in other layouts may be read, once.
            let after = reads.counts.withLock(\.self)
            #expect(after.allSatisfy { $0.value <= counts[$0.key, default: 0] + 2 }, "\(counts), \(after)")
            _ = try session.run(ids(5), capture: ["head.pattern"])
            #expect(reads.counts.withLock(\.self) == after)
        }
        BackendCheck("a constant that can't be read is an error with its name, and is read again at the next run") {
            backend in
            for name in ["table", "key"] {
                let reads = Reads()
                let session = try Program(graph(reads.tensor), on: backend).makeSession()
                reads.failing.withLock { $0 = name }
                for _ in 0..<2 {
                    expectError(RunError.self, saying: "can't read the constant", name, "is on a broken disk") {
                        try session.run(ids(2))
                    }
                }
                reads.failing.withLock { $0 = nil }
                #expect(try session.run(ids(2)) == graph { _, tensor in .held(tensor) }.run(ids(2), on: backend))
            }
        }
        BackendCheck("the progress of reading grows to its end") { backend in
            let seen = Mutex<[LoadingProgress]>([])
            let program = Program(try graph(Reads().tensor), on: backend) { step in seen.withLock { $0.append(step) } }
            _ = try program.makeSession().run(ids(2))
            let steps = seen.withLock(\.self)
            #expect(steps.count > 3)
            #expect(steps.first?.byteCount == 0)
            #expect(steps.last?.byteCount == steps.last?.totalByteCount)
            #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.byteCount < $1.byteCount })
            #expect(Set(steps.map(\.totalByteCount)).count == 1)
        }
        BackendCheck("a file of weights that is written to before they are read is an error") { backend in
            let folder = try TemporaryFolder()
            let tensor = try Tensor(uniform: [128, 64], in: -1...1, seed: 7)
            let path = "\(folder.path)/weights.safetensors"
            try SafetensorsFile.write(["weight": tensor], to: path)
            let graph = try Graph.reading(SafetensorsFile(path))
            let inputs = ["x": try Tensor(uniform: [3, 64], in: -1...1, seed: 8)]
            let expected = try graph.run(inputs, on: backend)
            // A file that takes the place of the old one does not change it.
            try SafetensorsFile.write(["weight": Tensor(uniform: [128, 64], in: -1...1, seed: 9)], to: path)
            #expect(try graph.run(inputs, on: backend) == expected)
            let again = try Graph.reading(SafetensorsFile(path))
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([0, 0, 0, 0]))
            try handle.close()
            expectError(RunError.self, saying: "can't read the constant weight", path, "was changed since") {
                try again.run(inputs, on: backend)
            }
        }
    }
}

extension Graph {
    /// The product with the file's weight.
    fileprivate static func reading(_ file: SafetensorsFile) throws -> Graph {
        let builder = GraphBuilder("file")
        let x = try builder.input("x", .float32, ["rows", 64])
        try builder.output("y", x.linear(weight: builder.constant(file.constant(named: "weight"))))
        return try builder.build()
    }
}
