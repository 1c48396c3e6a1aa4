public import AttendRuntime

/// A graph to count, and what its sizes mean. Its weights are constants, or inputs that are declared by their shapes alone.
public struct CountableModel: Sendable {
    public var title: String
    /// Where the sizes come from.
    public var source: String
    public var graph: Graph
    /// The inputs that stand for weights.
    public var declaredWeights: Set<String>
    /// Symbols that don't grow with the context, such as `batch`.
    public var fixedSymbols: [String: Int]
    /// The most tokens that the model was made for; nil where nothing says so.
    public var contextLimit: Int?

    /// The symbols that grow with the context.
    public var contextSymbols: [String] { graph.symbols.filter { fixedSymbols[$0] == nil } }

    /// A preset's model, of which only shapes exist.
    ///
    /// - Throws: What ``Preset/graph(weights:)`` throws.
    public init(_ preset: Preset) throws {
        let graph = try preset.graph(weights: .declared)
        self.init(
            title: preset.title, source: preset.source, graph: graph,
            declaredWeights: Set(graph.inputs.map { graph.values[$0].name }).subtracting(Transformer.inputNames),
            fixedSymbols: ["batch": 1], contextLimit: preset.contextLimit)
    }

    /// A model's folder: the sizes of its transformer's `config.json`, held against the shapes in its weights' files, and the modules after it
    /// that have weights. No weight is read.
    ///
    /// - Throws: An error that names the file and what is wrong with it.
    public init(folder: String) throws {
        let model = try LoadedModel(folder: folder)
        let graph = try model.declaredGraph()
        self.init(
            title: folder, source: "\(model.list.transformerFolder)/config.json and the shapes in its safetensors",
            graph: graph,
            declaredWeights: Set(graph.inputs.map { graph.values[$0].name })
                .subtracting(TransformerInterface.modelInputs.union([SentenceFeatures.poolingMaskName])),
            fixedSymbols: ["batch": 1], contextLimit: model.configuration.positionCount)
    }

    /// A graph's own constants.
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
