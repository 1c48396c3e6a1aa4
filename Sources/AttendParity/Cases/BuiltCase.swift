package import AttendRuntime
import ReferenceBackend

/// A case ready to run: a graph and its inputs.
package struct BuiltCase: Sendable {
    package var graph: Graph
    package var inputs: [String: Tensor]
    /// Whether 0 and −0 differ, for operations that only move elements.
    var keepsZeroSigns = false
    /// Whether the graph's only node is offered to the backend directly; the planner would treat it as a view.
    var isDirect = false
    /// Whether the graph has several operations; each node is then also judged separately.
    var isGraph = false
    /// The minimum number of runs.
    package var runCount = 1
    /// Inner values of the operation to capture in the backend's run, so that it computes the operation in parts. The
    /// expected results are those of the whole operation.
    var captures: [String] = []

    package init(graph: Graph, inputs: [String: Tensor]) { (self.graph, self.inputs) = (graph, inputs) }

    /// The case with inputs rounded to the model's precision. A backend of lower precision rounds other inputs wherever
    /// it copies them, and then few comparisons would be certain.
    func rounded(for model: RoundingModel) -> BuiltCase {
        guard let narrow = model.narrow else { return self }
        var built = self
        built.inputs = inputs.mapValues { tensor in
            guard case .float32(let floats) = tensor.storage else { return tensor }
            return CaseValues.tensor(.float32(floats.map { Float(Double($0).rounded(to: narrow)) }), tensor.shape)
        }
        return built
    }
}

/// A builder of a case's graph.
struct CaseGraph {
    let reader: CaseReader
    let builder: GraphBuilder
    private var inputs: [String: Tensor] = [:]

    init(_ reader: CaseReader) {
        self.reader = reader
        builder = GraphBuilder("case")
    }

    /// An operand of this shape, seen through a view, with seeded values divided by a number.
    mutating func operand(
        _ name: String, _ dtype: DType, _ shape: [Int], _ values: CaseValues = .normal, view: CaseView = .dense,
        divisor: Float = 1
    ) throws(CaseError) -> Value {
        try reader.check(name, shape)
        let last = shape.count - 1
        guard CaseView.fitting(shape).contains(view) else {
            throw reader.error("\(name) of shape \(CaseText.shape(shape)) can't be \(view.rawValue)")
        }
        var stored = shape
        switch view {
        case .dense, .constant, .reversed: break
        case .reshaped: stored.reverse()
        case .transposed: stored.swapAt(last, last - 1)
        case .strided: stored[last] = 2 * shape[last] + 1
        case .offset: stored[0] += 2
        case .stretched: stored[last] = 1
        }
        var numbers = SeededNumbers(try reader.seed, name)
        var tensor = values.tensor(dtype, stored, &numbers)
        if divisor != 1, case .float32(let floats) = tensor.storage {
            tensor = CaseValues.tensor(.float32(floats.map { $0 / divisor }), stored)
        }
        let source = try [.constant, .reshaped].contains(view) ? constant(tensor) : input(name, tensor)
        return try make { () throws(GraphError) in
            switch view {
            case .dense, .constant: source
            case .reshaped: try source.reshaped(shape.map { Size($0) })
            case .transposed: try source.transposed(Array(0..<last - 1) + [last, last - 1])
            case .strided: try source.sliced(axis: last, from: 1, to: Size(stored[last]), step: 2)
            case .reversed: try source.sliced(axis: last, from: -1, to: Size(-stored[last] - 1), step: -1)
            case .offset: try source.sliced(axis: 0, from: 1, to: Size(shape[0] + 1))
            case .stretched: try source.broadcast(shape.map { Size($0) })
            }
        }
    }

    /// An input with this tensor.
    mutating func input(_ name: String, _ tensor: Tensor) throws(CaseError) -> Value {
        inputs[name] = tensor
        let builder = self.builder
        return try make { () throws(GraphError) in try builder.input(name, TensorType(tensor.dtype, tensor.shape)) }
    }

    func constant(_ tensor: Tensor) throws(CaseError) -> Value {
        try make { () throws(GraphError) in try builder.constant(tensor) }
    }

    func apply(
        _ operation: String, _ inputs: [String: Value], _ attributes: Attributes = [:]
    ) throws(CaseError) -> [Value] {
        try make { () throws(GraphError) in try builder.apply(operation, inputs: inputs, attributes: attributes) }
    }

    func apply(_ primitive: Primitive, _ inputs: [Value], _ attributes: Attributes = [:]) throws(CaseError) -> Value {
        try make { () throws(GraphError) in try builder.apply(primitive, inputs, attributes) }
    }

    func make<Result>(_ body: () throws(GraphError) -> Result) throws(CaseError) -> Result {
        do throws(GraphError) {
            return try body()
        } catch {
            throw reader.error("\(error)")
        }
    }

    func finished(
        _ outputs: [(String, Value)], keepsZeroSigns: Bool = false, isDirect: Bool = false, captures: [String] = []
    ) throws(CaseError) -> BuiltCase {
        let graph = try make { () throws(GraphError) in
            for (name, value) in outputs { try builder.output(name, value) }
            return try builder.build()
        }
        var built = BuiltCase(graph: graph, inputs: inputs)
        (built.keepsZeroSigns, built.isDirect, built.captures) = (keepsZeroSigns, isDirect, captures)
        return built
    }

    func finished(_ output: Value, keepsZeroSigns: Bool = false, isDirect: Bool = false) throws(CaseError) -> BuiltCase
    {
        try finished([("output", output)], keepsZeroSigns: keepsZeroSigns, isDirect: isDirect)
    }
}
