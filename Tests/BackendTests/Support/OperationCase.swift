import AttendCore
import ReferenceBackend
import Testing

/// One operation on seeded inputs, to be run on a backend and on the oracle.
struct OperationCase: Sendable, CustomTestStringConvertible {
    var name: String
    var inputs: [String: Tensor]
    var tolerance: Tolerance
    /// For `Tolerance.rounding`: a graph over the same inputs that sums magnitudes instead.
    var magnitude: (@Sendable ([String: Value]) throws -> Value)?
    var body: @Sendable ([String: Value]) throws -> [String: Value]

    var testDescription: String { name }

    init(
        _ name: String, _ inputs: [String: Tensor], _ tolerance: Tolerance,
        body: @escaping @Sendable ([String: Value]) throws -> Value
    ) {
        self.name = name
        self.inputs = inputs
        self.tolerance = tolerance
        self.body = { ["output": try body($0)] }
    }

    func graph(_ body: ([String: Value]) throws -> [String: Value]) throws -> Graph {
        let builder = GraphBuilder(name)
        var values: [String: Value] = [:]
        for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
            values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
        }
        for (name, value) in try body(values).sorted(by: { $0.key < $1.key }) { try builder.output(name, value) }
        return try builder.build()
    }

    func check(on backend: any ComputeBackend) throws {
        let graph = try graph(body)
        let expected = try graph.run(inputs, on: makeOracle())
        let found = try graph.run(inputs, on: backend)
        #expect(!expected.isEmpty)
        for (output, tensor) in expected {
            try expectEqual(try #require(found[output]), tensor, try resolved(), "\(name).\(output)")
        }
    }

    private func resolved() throws -> Tolerance {
        guard case .rounding(let factor, _) = tolerance, let magnitude else { return tolerance }
        let results = try graph { ["output": try magnitude($0)] }.run(inputs, on: makeOracle())
        return .rounding(factor, of: try #require(results["output"]))
    }

    /// The bound of a sum of `terms` products or numbers, of the magnitudes that `magnitude` sums.
    func bounded(
        terms: Int, _ magnitude: @escaping @Sendable ([String: Value]) throws -> Value
    ) throws -> OperationCase {
        var copy = self
        // γₙ = n·u / (1 − n·u), one more for the product and one for the store.
        copy.tolerance = .rounding(Float(terms + 2), of: Tensor(0))
        copy.magnitude = magnitude
        return copy
    }
}
