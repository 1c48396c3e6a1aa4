/// The built-in composites. Each is one small type whose `decompose` is its only definition.
public enum Composites {
    static let list: [any CompositeOperation] = [
        ReduceMean(), Softmax(), LogSoftmax(), LayerNorm(), RMSNorm(), GELU(), ReLU(), SiLU(), Sigmoid(), Linear(),
        FusedLinear(), Embedding(), Dequantize(), QuantizedLinear(), QuantizedEmbedding(), RotaryEmbedding(),
        Convolution1D(), Attention(), SelfAttention(), CrossAttention()
    ]

    /// The built-in composites by versioned name, such as `softmax.v1`.
    public static let builtIn: [String: any CompositeOperation] = Dictionary(
        uniqueKeysWithValues: list.map { ($0.schema.versionedName, $0) })

    /// Facts by operation.
    static let facts: [OperationID: OperationFacts] = Dictionary(
        uniqueKeysWithValues: list.map { ($0.schema.id, $0.facts) })

    /// The operation names in graph files, sorted.
    public static var names: [String] { builtIn.values.map(\.schema.name).sorted() }
}

extension Value {
    /// Applies a composite to this value and further inputs, and returns its first output.
    func applying(
        _ composite: OperationID, _ more: [String: Value?] = [:], attributes: Attributes = [:],
        as input: String = "input", named name: String? = nil
    ) throws(GraphError) -> Value {
        var inputs = more.compactMapValues { $0 }
        inputs[input] = self
        return try graph.apply(composite, inputs: inputs, attributes: attributes, named: name)[0]
    }
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

    /// A float32 attribute of kernels; nil if absent.
    ///
    /// - Throws: ``GraphError`` that names the attribute, if float32 overflows to infinity.
    @discardableResult
    func requireFloat32(_ attribute: String) throws(GraphError) -> Float? {
        guard let number = attributes.optionalNumber(attribute) else { return nil }
        try require(
            Float(number).isFinite,
            "attribute \"\(attribute)\": expected a number that float32 can hold, found \(number)")
        return Float(number)
    }

    /// The call computed in float32, with inputs widened and results rounded once: the definition of a composite on
    /// 16-bit floats. Nil for a call without any. The same operation is one of its parts, so that a kernel for float32
    /// serves all types.
    func inFloat32() throws(GraphError) -> [String: Value]? {
        let isNarrow = inputs.values.contains { $0.dtype.isFloatingPoint && $0.dtype != .float32 }
        guard isNarrow, let composite = Composites.builtIn[OperationID(operation).description] else { return nil }
        var wide: [String: Value] = [:]
        for (name, value) in inputs.sorted(by: { $0.key < $1.key }) {
            wide[name] = value.dtype.isFloatingPoint ? try value.cast(to: .float32) : value
        }
        let results = try graph.apply(operation, inputs: wide, attributes: attributes)
        passOn(offersOf: results[0], droppingBatch: false)
        let schema = composite.schema
        let dtypes = schema.inputs.compactMap { inputs[$0.name]?.dtype }
        guard let dtype = dtypes.first(where: \.isFloatingPoint) else { return nil }
        var narrow: [String: Value] = [:]
        for (name, result) in zip(schema.outputs, results) where wanted.contains(name) {
            // A log-sum-exp is always float32.
            narrow[name] = name == "log_sum_exp" ? result : try result.cast(to: dtype)
        }
        return narrow
    }

    /// Rejects parameters of another dtype than the input's: there is no promotion.
    func requireSameType(_ names: [String], as input: Value) throws(GraphError) {
        for name in names {
            guard let value = optional(name) else { continue }
            try require(
                value.dtype == input.dtype,
                "\(name) must have the input's dtype \(input.dtype), found \(value.dtype) (cast one)")
        }
    }

    func requireFloat(_ value: Value, _ name: String = "input") throws(GraphError) {
        try require(value.dtype.isFloatingPoint, "\(name) must hold floating-point numbers, found \(value.dtype)")
    }
}
