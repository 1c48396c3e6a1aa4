import AttendRuntime

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
        try check(name, shape, view)
        let stored = view.stored(shape)
        func tensor(_ stream: String) throws(CaseError) -> Tensor {
            var numbers = SeededNumbers(try reader.seed, stream)
            let tensor = values.tensor(dtype, stored, &numbers)
            guard divisor != 1, case .float32(let floats) = tensor.storage else { return tensor }
            return CaseValues.tensor(.float32(floats.map { $0 / divisor }), stored)
        }
        let source =
            try view.isConstant
            ? constant(tensor(name)) : input(name, tensor(name), other: tensor(CaseGraph.other(name)))
        return try make { () throws(GraphError) in try view.seen(source, shape) }
    }

    /// An operand with these elements, seen through a view.
    mutating func operand(
        _ name: String, _ tensor: Tensor, other: Tensor, view: CaseView
    ) throws(CaseError) -> Value {
        let shape = tensor.shape
        try check(name, shape, view)
        guard view != .stretched, view != .reshaped else {
            throw reader.error("\(name) can't be \(view.rawValue): its elements are given")
        }
        let source =
            try view.isConstant
            ? constant(tensor) : input(name, view.storing(tensor), other: view.storing(other))
        return try make { () throws(GraphError) in try view.seen(source, shape) }
    }

    private func check(_ name: String, _ shape: [Int], _ view: CaseView) throws(CaseError) {
        try reader.check(name, shape)
        guard CaseView.fitting(shape).contains(view) else {
            throw reader.error("\(name) of shape \(CaseText.shape(shape)) can't be \(view.rawValue)")
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

extension Tensor {
    /// Indices as int32 or int64.
    init(indices: [Int], _ dtype: DType, _ shape: [Int]) {
        let storage: Storage =
            dtype == .int32 ? .int32(indices.map { Int32($0) }) : .int64(indices.map { Int64($0) })
        self = CaseValues.tensor(storage, shape)
    }
}
