public import AttendRuntime

/// The source of the weights when a graph is built.
public enum WeightSource {
    /// Tensors, which become constants of the graph.
    case tensors((_ name: String, _ shape: [Int]) throws -> Tensor)
    /// Constants in memory or read on demand.
    case constants((_ name: String, _ shape: [Int]) throws -> ConstantTensor)
    /// Shapes only: every weight becomes an input of the graph, for counting without storage. The closure can throw for
    /// a weight that a model's files lack.
    case declared((_ name: String, _ shape: [Int]) throws -> Void)

    /// Shapes only, without checks.
    public static var declared: WeightSource { .declared { _, _ in } }

    /// Uniform random numbers in ±√(3 / row width), so that products keep the scale of their operand (LeCun et al.
    /// 1998). Deterministic, with another seed for each name.
    public static func random(seed: Int) -> WeightSource {
        .tensors { name, shape in
            let limit = (3 / Float(max(shape.last ?? 1, 1))).squareRoot()
            // FNV-1a of the name, so that values don't depend on the order of creation.
            let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
            return try Tensor(uniform: shape, in: -limit...limit, seed: seed &+ Int(hash))
        }
    }
}

/// The weights of one graph under construction; each is read once however often it is used.
final class GraphWeights {
    private let source: WeightSource
    private let builder: GraphBuilder
    private let label: (String) -> String
    private var known: [String: Value] = [:]
    /// By names in the graph.
    private var labeled: [String: Value] = [:]

    /// - Parameter label: The name of a weight in the graph, from its name in the source.
    init(_ source: WeightSource, in builder: GraphBuilder, label: @escaping (String) -> String = { $0 }) {
        self.source = source
        self.builder = builder
        self.label = label
    }

    /// Whether weights are inputs of the graph.
    var isDeclared: Bool { if case .declared = source { true } else { false } }

    /// The value of a weight in the graph.
    ///
    /// - Parameter name: The name in the source. In the graph, where names have no dots, slashes replace the dots of
    ///   the label.
    func callAsFunction(_ name: String, _ shape: [Int]) throws -> Value {
        if let value = known[name] { return value }
        let label = String(label(name).map { $0 == "." ? "/" : $0 })
        // Two parts of a model may share a tensor, such as a pooler and the head of a classifier.
        if let value = labeled[label], value.shape == shape.map({ Size($0) }) { return value }
        let value: Value
        switch source {
        case .tensors(let tensor): value = try builder.constant(tensor(name, shape), named: label)
        case .constants(let constant): value = try builder.constant(constant(name, shape), named: label)
        case .declared(let check):
            try check(name, shape)
            value = try builder.input(label, .float32, shape.map { Size($0) })
        }
        known[name] = value
        labeled[label] = value
        return value
    }
}
