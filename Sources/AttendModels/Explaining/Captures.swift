import AttendRuntime

/// The captures of one run by name, without the axis of a batch of one.
struct Captures {
    private let tensors: [String: Tensor]

    init(_ model: ExplainedModel, _ names: [String], on backend: any ComputeBackend) throws {
        tensors = try Program(model.graph, on: backend).makeSession().run(model.inputs, capture: names)
    }

    func has(_ name: String) -> Bool { tensors[name] != nil }

    func tensor(_ name: String) throws -> Tensor {
        guard let tensor = tensors[name] else { throw RunError.graph(.unknownCapture(name: name, hint: "", known: [])) }
        return tensor
    }

    /// The rows of a captured tensor; all axes but the last are flattened.
    func rows(_ name: String) throws -> [[Float]] { try tensor(name).rows() }

    /// One matrix per head, from a capture `[heads, rows, columns]`.
    func heads(_ name: String, count: Int) throws -> [[[Float]]] {
        let rows = try rows(name)
        let size = rows.count / max(count, 1)
        return (0..<count).map { Array(rows[($0 * size)..<(($0 + 1) * size)]) }
    }
}

/// Computations beside the model's own: small graphs, run on the same backend.
enum SmallGraph {
    /// Runs a graph of these inputs.
    ///
    /// - Returns: The rows of each output, by name.
    static func run(
        _ inputs: [String: Tensor], on backend: any ComputeBackend,
        _ body: ([String: Value]) throws(GraphError) -> [String: Value]
    ) throws -> [String: [[Float]]] {
        let builder = GraphBuilder("explanation")
        var values: [String: Value] = [:]
        for (name, tensor) in inputs.sorted(by: { $0.key < $1.key }) {
            values[name] = try builder.input(name, TensorType(tensor.dtype, tensor.shape))
        }
        for (name, value) in try body(values).sorted(by: { $0.key < $1.key }) { try builder.output(name, value) }
        return try builder.build().run(inputs, on: backend).mapValues { try $0.rows() }
    }

    static func tensor(_ rows: [[Float]]) throws -> Tensor {
        try Tensor(rows.flatMap(\.self), shape: [rows.count, rows.first?.count ?? 0])
    }
}
