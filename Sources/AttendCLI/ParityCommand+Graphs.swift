import ArgumentParser
import AttendModels
import AttendParity
import AttendRuntime

/// The options for whole graphs and models.
struct WholeGraphOptions: ParsableArguments {
    @Option(
        name: .long,
        help: "Check every step of a graph's plan instead of cases: the graph file.",
        completion: .file(extensions: ["json"]))
    var graph: String?

    @Option(
        name: .long,
        help:
            """
            With --graph or --model: input tensors, safetensors or JSON. Required for a graph with inputs; for a \
            model, instead of texts (see attend run).
            """,
        completion: .file(extensions: ["safetensors", "json"]))
    var inputs: String?

    @Option(name: .long, help: "With --graph: size of a symbol that no input determines, as NAME=SIZE. Repeatable.")
    var symbol: [String] = []

    @Option(
        name: .long,
        help:
            "Check every step of a model's plan, on texts or token ids: a model folder or name, as for attend run.",
        completion: .directory)
    var model: String?

    @OptionGroup var type: DTypeOption

    @Flag(
        name: .customLong("no-optimize"), help: "With --graph or --model: run the graph as written, without passes."
    )
    var isPlain = false

    @Option(
        name: .customLong("without-pass"), help: "With --graph or --model: a pass to skip. Repeatable.",
        completion: .list(PassChoice.known))
    var omitted: [String] = []

    @Argument(help: "With --model: the texts.")
    var texts: [String] = []

    var isWanted: Bool { graph != nil || model != nil }

    /// Throws for options that exclude each other.
    ///
    /// - Parameter others: Given options that apply only to cases.
    func validate(others: [String]) throws {
        guard graph == nil || model == nil else { throw ValidationError("--graph or --model, not both") }
        if model == nil, let text = texts.first {
            throw ValidationError("\"\(text)\": texts need --model")
        }
        if model != nil, texts.isEmpty == (inputs == nil) {
            throw ValidationError(
                texts.isEmpty
                    ? "give the texts to run the model on, or token ids with --inputs"
                    : "texts or --inputs with token ids, not both")
        }
        if model == nil { try type.refuse(for: graph.map { "the graph \($0)" } ?? "a case") }
        if !isWanted, inputs != nil { throw ValidationError("--inputs needs --graph or --model") }
        if graph == nil, !symbol.isEmpty { throw ValidationError("--symbol needs --graph") }
        if !isWanted, isPlain || !omitted.isEmpty {
            throw ValidationError("--no-optimize and --without-pass need --graph or --model")
        }
        try PassChoice.check(omitted)
        if isWanted, let other = others.first {
            throw ValidationError("\(other) applies to cases; it can't be combined with --graph or --model")
        }
    }

    /// The parity check of the graph, with the selected passes.
    func parity(_ graph: Graph, on backend: any ComputeBackend) -> GraphParity {
        let optimizer: Optimizer = isPlain ? .none : .standard.without(Set(omitted))
        var parity = GraphParity(graph, on: backend)
        parity.makeProgram = { Program($0, on: $1, fallingBackTo: $2, optimizer: optimizer, memory: $3) }
        return parity
    }

    /// The check of a model that generates text; nil for others, and for tensors.
    func generation() throws -> GenerationParity? {
        guard let model, inputs == nil else { return nil }
        let loaded = try ModelPlace.load(model, dtype: type.value)
        guard GenerationRun.fits(loaded), loaded.configuration.audio == nil else { return nil }
        return GenerationParity(model: loaded, texts: texts)
    }

    /// The graph and its inputs.
    func load() throws -> WholeGraph {
        if let model {
            let loaded = try ModelPlace.load(model, dtype: type.value)
            if let inputs {
                let (graph, tensors) = try TensorOption.load(loaded, inputs, outputs: loaded.outputs)
                return WholeGraph(graph: graph, inputs: tensors, symbols: [:])
            }
            let encoder = try SentenceModel(loaded)
            return WholeGraph(
                graph: encoder.graph, inputs: try encoder.inputs(for: texts.map(encoder.encode)), symbols: [:])
        }
        guard let path = graph else { throw ValidationError("name a graph or a model") }
        let graph = try Graph(named: path)
        let symbols = try SymbolOption.sizes(symbol, of: graph)
        let tensors = try inputs.map(TensorSource.init).inputs(of: graph, given: symbols)
        return WholeGraph(graph: graph, inputs: tensors, symbols: symbols)
    }
}

struct WholeGraph {
    let graph: Graph
    let inputs: [String: Tensor]
    let symbols: [String: Int]
}

extension ParityCommand {
    /// Checks a graph or model on all backends, one after another, in this process.
    func runWhole() throws {
        let made = try makeBackends(backend)
        guard !made.backends.isEmpty else { return }
        let reports: [GraphParityReport]
        if let generation = try whole.generation() {
            reports = try runGeneration(generation, on: made.backends)
        } else {
            let whole = try whole.load()
            reports = try made.backends.map { try report(on: whole, $0) }
        }
        if json { try Terminal.write(JSONValue.array(reports.map(\.json))) }
        for complaint in made.complaints.values.sorted() { Terminal.fail(complaint) }
        guard reports.allSatisfy(\.passes), made.complaints.isEmpty else { throw ExitCode(Exit.mismatch) }
    }

    /// - Parameter completing: Adds to the report before it is shown.
    func report(
        on whole: WholeGraph, _ backend: any ComputeBackend, completing: (inout GraphParityReport) -> Void = { _ in }
    ) throws -> GraphParityReport {
        let progress = ProgressLine(every: .seconds(15))
        let name = backend.device.backend
        let result = Result { () throws(RunError) in
            try self.whole.parity(whole.graph, on: backend).report(on: whole.inputs, symbols: whole.symbols) {
                progress.show("step \($0.node) on \(name)", index: $0.index, count: $0.count)
            }
        }
        progress.clear()
        if case .failure(.plan(let error)) = result {
            Terminal.fail("\(error)")
            throw ExitCode(Exit.unavailable)
        }
        var report = try result.get()
        completing(&report)
        if !json { Terminal.write(report.table) }
        return report
    }
}
