import AttendParity
import AttendRuntime
import Testing

/// A few operations on seeded inputs, to be run on a backend as one graph, and held against the parity kit's oracle
/// within the bounds that it derives.
///
/// Single operations are the kit's own cases. Here is what a plan makes of several: views of views, parts of constants.
struct OperationCase {
    var name: String
    var inputs: [String: Tensor]
    var body: ([String: Value]) throws -> [String: Value]

    init(
        _ name: String, _ inputs: [String: Tensor], outputs body: @escaping ([String: Value]) throws -> [String: Value]
    ) {
        (self.name, self.inputs, self.body) = (name, inputs, body)
    }

    init(_ name: String, _ inputs: [String: Tensor], body: @escaping ([String: Value]) throws -> Value) {
        self.init(name, inputs, outputs: { ["output": try body($0)] })
    }

    func graph() throws -> Graph {
        let builder = GraphBuilder(name)
        var values: [String: Value] = [:]
        for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
            values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
        }
        for (name, value) in try body(values).sorted(by: { $0.key < $1.key }) { try builder.output(name, value) }
        return try builder.build()
    }

    func check(on backend: any ComputeBackend) throws {
        let graph = try graph()
        let expectation = try BuiltCase(graph: graph, inputs: inputs).expectation(RoundingModel())
        let found = try graph.run(inputs, on: backend)
        #expect(!expectation.outputs.isEmpty)
        for (output, expected) in expectation.outputs {
            let comparison = expected.compare(try #require(found[output]))
            #expect(
                comparison.isRight,
                "\(name).\(output): \(comparison.first?.description ?? comparison.complaint ?? "undecided")")
            #expect(
                comparison.undecided == 0,
                "\(name).\(output): \(comparison.first?.description ?? comparison.complaint ?? "undecided")")
        }
    }
}
