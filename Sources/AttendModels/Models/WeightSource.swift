public import AttendRuntime

/// Where the weights of a graph come from while it is built.
public enum WeightSource {
    /// Numbers, as constants of the graph.
    case tensors((_ name: String, _ shape: [Int]) throws -> Tensor)
    /// Shapes alone: every weight becomes an input of the graph, for counting without storage. The closure may refuse a weight
    /// that a model's files don't hold.
    case declared((_ name: String, _ shape: [Int]) throws -> Void)

    /// Shapes alone, none refused.
    public static var declared: WeightSource { .declared { _, _ in } }

    /// Even random numbers in ±√(3 / width of a row), so that products keep the scale of what they multiply
    /// (LeCun et al. 1998); another seed for each name.
    public static func random(seed: Int) -> WeightSource {
        .tensors { name, shape in
            let limit = (3 / Float(max(shape.last ?? 1, 1))).squareRoot()
            // FNV-1a of the name: the same numbers whatever the order in which weights are made.
            let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
            return try Tensor(uniform: shape, in: -limit...limit, seed: seed &+ Int(hash))
        }
    }
}

/// The weights of one graph that is being built, each read once however often it is used.
final class GraphWeights {
    private let source: WeightSource
    private let builder: GraphBuilder
    private let label: (String) -> String
    private var known: [String: Value] = [:]

    /// - Parameter label: The name of a weight in the graph, from its name in the source.
    init(_ source: WeightSource, in builder: GraphBuilder, label: @escaping (String) -> String = { $0 }) {
        self.source = source
        self.builder = builder
        self.label = label
    }

    /// Whether weights are inputs of the graph.
    var isDeclared: Bool { if case .declared = source { true } else { false } }

    /// - Parameter name: As its source knows it. In the graph, where no name holds a dot, slashes replace the dots of its label.
    func callAsFunction(_ name: String, _ shape: [Int]) throws -> Value {
        if let value = known[name] { return value }
        let label = String(label(name).map { $0 == "." ? "/" : $0 })
        let value: Value
        switch source {
        case .tensors(let tensor): value = try builder.constant(tensor(name, shape), named: label)
        case .declared(let check):
            try check(name, shape)
            value = try builder.input(label, .float32, shape.map { Size($0) })
        }
        known[name] = value
        return value
    }
}
