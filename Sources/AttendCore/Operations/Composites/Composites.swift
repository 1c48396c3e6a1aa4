/// The built-in composites. Each is one small type whose body is its only definition.
public enum Composites {
    static let list: [any CompositeOperation] = [
        ReduceMean(), Softmax(), LogSoftmax(), LayerNorm(), RMSNorm(), GELU(), ReLU(), SiLU(), Sigmoid(), Linear(),
        FusedLinear(), Embedding(), RotaryEmbedding(), Convolution1D(), Attention(), SelfAttention(), CrossAttention()
    ]

    /// By versioned name, `softmax.v1`.
    public static let builtIn: [String: any CompositeOperation] = Dictionary(
        uniqueKeysWithValues: list.map { ($0.schema.versionedName, $0) })

    /// The names that files use, sorted.
    public static var names: [String] { builtIn.values.map(\.schema.name).sorted() }
}

extension CompositeCall {
    /// The integer attribute `axis`, counted from the front.
    func axis(of value: Value) throws(GraphError) -> Int {
        do {
            return try ShapeRules.axis(attributes.integer("axis"), rank: value.rank)
        } catch {
            throw .node(name: "", operation: operation, reason: error.description)
        }
    }

    func requireFloat(_ value: Value, _ name: String = "input") throws(GraphError) {
        try require(value.dtype.isFloatingPoint, "\(name) must hold floating-point numbers, found \(value.dtype)")
    }
}
