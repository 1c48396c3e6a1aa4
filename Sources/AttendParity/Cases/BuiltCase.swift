package import AttendRuntime
import ReferenceBackend

/// A case ready to run: a graph and its inputs.
package struct BuiltCase: Sendable {
    package var graph: Graph
    package var inputs: [String: Tensor]
    /// The same inputs with other values, for a run of the same kernels in between.
    package var others: [String: Tensor]
    /// Runs that must end with an error.
    package var dueErrors: [DueError] = []
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

    /// - Parameter others: Other values of some inputs; the rest is equal in both runs.
    package init(graph: Graph, inputs: [String: Tensor], others: [String: Tensor] = [:]) {
        self.graph = graph
        self.inputs = inputs
        self.others = inputs.merging(others) { $1 }
    }

    /// The number of elements of all inputs.
    var elementCount: Int { inputs.values.reduce(0) { $0 + $1.elementCount } }

    /// Whether the case can be a member of a crowd: planned, with few elements.
    var fitsCrowd: Bool { !isDirect && elementCount <= 1 << 14 }

    /// The graph as a program for a run of the case: without passes, which have cases of their own, and with a buffer for
    /// each value, so that writes past its end are detected.
    func program(on backend: any ComputeBackend) -> Program {
        Program(graph, on: backend, optimizer: .none, memory: .buffers)
    }

    /// The outputs of a run in a session of the program, in the graph's order.
    func outputs(of session: Session, for inputs: [String: Tensor]) throws(RunError) -> [Tensor] {
        let results = try session.run(inputs, capture: captures)
        return graph.outputs.compactMap { results[$0.name] }
    }

    /// The case with the other values as its inputs.
    var withOthers: BuiltCase {
        var other = self
        other.inputs = others
        return other
    }

    /// The case with inputs rounded to the model's precision. A backend of lower precision rounds other inputs wherever
    /// it copies them, and then few comparisons would be certain.
    func rounded(for model: RoundingModel) -> BuiltCase {
        guard let narrow = model.narrow else { return self }
        var built = self
        func rounded(_ tensor: Tensor) -> Tensor {
            guard case .float32(let floats) = tensor.storage else { return tensor }
            return CaseValues.tensor(.float32(floats.map { Float(Double($0).rounded(to: narrow)) }), tensor.shape)
        }
        built.inputs = inputs.mapValues(rounded)
        built.others = others.mapValues(rounded)
        return built
    }
}

/// A builder of a case's graph.
struct CaseGraph {
    let reader: CaseReader
    let builder: GraphBuilder
    private var inputs: [String: Tensor] = [:]
    private var others: [String: Tensor] = [:]
    /// Runs that must end with an error.
    var dueErrors: [DueError] = []

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
        func tensor(_ stream: String) throws(CaseError) -> Tensor {
            var numbers = SeededNumbers(try reader.seed, stream)
            let tensor = values.tensor(dtype, stored, &numbers)
            guard divisor != 1, case .float32(let floats) = tensor.storage else { return tensor }
            return CaseValues.tensor(.float32(floats.map { $0 / divisor }), stored)
        }
        let source =
            try [.constant, .reshaped].contains(view)
            ? constant(tensor(name)) : input(name, tensor(name), other: tensor(CaseGraph.other(name)))
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

    /// The name of the random stream of an input's other values.
    static func other(_ name: String) -> String { "\(name), other values" }

    /// An input with this tensor, and with `other` in the run in between.
    mutating func input(_ name: String, _ tensor: Tensor, other: Tensor) throws(CaseError) -> Value {
        inputs[name] = tensor
        others[name] = other
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
        var built = BuiltCase(graph: graph, inputs: inputs, others: others)
        built.dueErrors = dueErrors
        (built.keepsZeroSigns, built.isDirect, built.captures) = (keepsZeroSigns, isDirect, captures)
        return built
    }

    func finished(_ output: Value, keepsZeroSigns: Bool = false, isDirect: Bool = false) throws(CaseError) -> BuiltCase
    {
        try finished([("output", output)], keepsZeroSigns: keepsZeroSigns, isDirect: isDirect)
    }
}
