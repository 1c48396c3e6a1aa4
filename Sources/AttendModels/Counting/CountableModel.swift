public import AttendRuntime

/// A graph to count, with the meaning of its symbolic sizes. Weights are constants, or inputs that are declared by
/// their shapes alone.
public struct CountableModel: Sendable {
    /// The name for reports: a preset's title, a folder, or a graph's name.
    public var title: String
    /// The source of the sizes: a publication, or files.
    public var source: String
    /// The graph to count.
    public var graph: Graph
    /// The names of the inputs that represent weights.
    public var declaredWeights: Set<String>
    /// The values of symbols that don't grow with the context, such as `batch`.
    public var fixedSymbols: [String: Int]
    /// The model's maximum number of tokens; nil if unknown.
    public var contextLimit: Int?

    /// The forms of quantized weights by their names in the graph; they are declared as numbers.
    public var quantizedForms: [String: QuantizedForm] = [:]

    /// The bytes of all declared weights, or of a graph's floating-point constants, with numbers of a dtype; quantized
    /// matrices have their integers, scales and offsets.
    public func weightByteCount(_ dtype: DType) -> Int {
        let shapes: [(name: String, shape: [Int])] =
            declaredWeights.isEmpty
            ? graph.constants.filter { $0.content.dtype.isFloatingPoint && !$0.content.shape.isEmpty }
                .map { ($0.name, $0.content.shape) }
            : graph.inputs.map { (graph.values[$0].name, graph.type(of: $0).concreteShape ?? []) }
                .filter { declaredWeights.contains($0.0) }
        return shapes.map { name, shape in
            guard let form = quantizedForms[name], shape.count == 2 else {
                return shape.product.times(dtype.byteCount)
            }
            return shape.product * form.bits / 8 + 2 * shape.product / form.group * dtype.byteCount
        }.total
    }

    /// The symbols that grow with the context.
    public var contextSymbols: [String] { graph.symbols.filter { fixedSymbols[$0] == nil } }

    /// A preset's model, with declared weights only.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in.
    /// - Throws: The errors of ``Preset/graph(dtype:weights:)``.
    public init(_ preset: Preset, dtype: DType = .float32) throws {
        let graph = try preset.graph(dtype: dtype, weights: .declared)
        self.init(
            title: preset.title, source: preset.source, graph: graph,
            declaredWeights: Set(graph.inputs.map { graph.values[$0].name }).subtracting(Transformer.inputNames),
            fixedSymbols: ["batch": 1], contextLimit: preset.contextLimit)
    }

    /// A model's folder: the sizes in its transformer's `config.json`, checked against the shapes in its weight files,
    /// and the modules after it that have weights. No weights are read, except a stored unembedding to compare it with
    /// the embeddings.
    ///
    /// - Parameter dtype: The floating-point dtype to compute in.
    /// - Throws: An error that names the file and the problem.
    public init(folder: String, dtype: DType = .float32) throws {
        try self.init(LoadedModel(folder: folder, dtype: dtype))
    }

    /// A loaded model.
    ///
    /// - Throws: The errors of ``init(folder:dtype:)``.
    public init(_ model: LoadedModel) throws {
        let graph = try model.declaredGraph()
        self.init(
            title: model.folder,
            source: "\(model.list.transformerFolder)/config.json and the shapes in its safetensors",
            graph: graph,
            declaredWeights: Set(graph.inputs.map { graph.values[$0].name })
                .subtracting(TransformerInterface.modelInputs.union([SentenceFeatures.poolingMaskName])),
            fixedSymbols: ["batch": 1], contextLimit: model.configuration.positionCount)
        quantizedForms = try model.quantizedForms
    }

    /// A graph whose weights are its constants.
    ///
    /// - Parameters:
    ///   - path: The graph's file, for reports.
    ///   - fixedSymbols: The values of symbols that don't grow with the context; `batch` is 1 unless given.
    public init(_ graph: Graph, path: String, fixedSymbols: [String: Int]) {
        let batch = graph.symbols.contains("batch") ? ["batch": 1] : [:]
        self.init(
            title: graph.name, source: path, graph: graph, declaredWeights: [],
            fixedSymbols: batch.merging(fixedSymbols) { $1 }, contextLimit: nil)
    }

    private init(
        title: String, source: String, graph: Graph, declaredWeights: Set<String>, fixedSymbols: [String: Int],
        contextLimit: Int?
    ) {
        self.title = title
        self.source = source
        self.graph = graph
        self.declaredWeights = declaredWeights
        self.fixedSymbols = fixedSymbols
        self.contextLimit = contextLimit
    }
}
