public import AttendRuntime

/// The source of the weights when a graph is built. Weights of another floating-point dtype than the graph's are rounded
/// to it, see ``AttendGraph/Tensor/rounded(to:)``.
public enum WeightSource {
    /// Tensors, which become constants of the graph.
    case tensors((_ name: String, _ shape: [Int]) throws -> Tensor)
    /// Constants in memory or read on demand.
    case constants((_ name: String, _ shape: [Int]) throws -> ConstantTensor)
    /// Numbers, or quantized matrices, whose products are computed with their integers.
    case stored((_ name: String, _ shape: [Int]) throws -> StoredWeight)
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
    /// The floating-point dtype of all weights in the graph.
    let dtype: DType
    private let source: WeightSource
    private let builder: GraphBuilder
    private let label: (String) -> String
    private var known: [String: Value] = [:]
    /// By names in the graph.
    private var labeled: [String: Value] = [:]

    /// - Parameter label: The name of a weight in the graph, from its name in the source.
    init(
        _ source: WeightSource, _ dtype: DType, in builder: GraphBuilder, label: @escaping (String) -> String = { $0 }
    ) {
        self.source = source
        self.dtype = dtype
        self.builder = builder
        self.label = label
    }

    /// Whether weights are inputs of the graph.
    var isDeclared: Bool { if case .declared = source { true } else { false } }

    /// The value of a weight in the graph.
    ///
    /// - Parameter name: The name in the source. In the graph, where names have no dots, slashes replace the dots of
    ///   the label.
    /// - Throws: Errors of the source; ``ModelError`` for a number beyond the range of the dtype. Weights that are read
    ///   on demand are checked when they are read.
    func callAsFunction(_ name: String, _ shape: [Int]) throws -> Value {
        if let value = known[name] { return value }
        let label = label(name).nodeName
        // Two parts of a model may share a tensor, such as a pooler and the head of a classifier.
        if let value = labeled[label], value.shape == shape.map({ Size($0) }) { return value }
        let value: Value
        switch source {
        case .tensors(let tensor):
            value = try builder.constant(rounded(.held(tensor(name, shape)), label), named: label)
        case .constants(let constant):
            value = try builder.constant(rounded(constant(name, shape), label), named: label)
        case .stored(let stored):
            switch try stored(name, shape) {
            case .plain(let content): value = try builder.constant(rounded(content, label), named: label)
            case .quantized(let tensor): value = try dequantized(tensor, label)
            }
        case .declared(let check):
            try check(name, shape)
            value = try builder.input(label, dtype, shape.map { Size($0) })
        }
        known[name] = value
        labeled[label] = value
        return value
    }

    /// A matrix from its integers; the optimizer joins it with what reads it.
    private func dequantized(_ tensor: QuantizedTensor, _ label: String) throws -> Value {
        let base = label.droppingSuffix("/weight") ?? label
        func part(_ name: String, _ content: ConstantTensor) throws -> Value {
            try builder.constant(rounded(content, "\(base)/\(name)"), named: "\(base)/\(name)")
        }
        return try QuantizedMatrix(
            weight: builder.constant(tensor.words, named: label), scales: part("scales", tensor.scales),
            offsets: part("biases", tensor.offsets), bits: tensor.form.bits, group: tensor.form.group
        ).dequantized()
    }

    /// The weight in the graph's dtype; one that is read on demand is rounded each time that it is read.
    private func rounded(_ content: ConstantTensor, _ label: String) throws -> ConstantTensor {
        guard content.dtype != dtype else { return content }
        switch content {
        case .held(let tensor):
            do {
                return .held(try tensor.rounded(to: dtype))
            } catch {
                throw ModelError(path: builder.name, reason: "weight \(label): \(error)")
            }
        case .deferred(let tensor):
            let dtype = dtype
            return .deferred(
                try DeferredTensor(tensor.name, dtype, tensor.shape) { try tensor.tensor().rounded(to: dtype) })
        }
    }
}

extension String {
    /// The name of a node or constant, from that of a capture or tensor: names in graphs have no dots.
    var nodeName: String { String(map { $0 == "." ? "/" : $0 }) }
}
