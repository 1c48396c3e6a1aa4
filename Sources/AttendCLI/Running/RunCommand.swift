import ArgumentParser
import Attend
import AttendCore

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a model on texts: show how alike they are, or write down what happens inside.",
        discussion: """
            With --preset, a well-known model's sizes run with random weights: how long it takes, how fast it is, and its memory \
            beside what attend count says.

            With --capture, values from inside of the model go to a file. Only the nodes that hold one run in parts, all else as \
            fast as ever.

            EXAMPLES
              attend run --model all-MiniLM-L6-v2 --backend simd "a fluffy blue creature" "an azure furry animal"
              attend run --model all-MiniLM-L6-v2 --capture layers.3.attention.pattern --capture layers.*.hidden \
                --output inside.safetensors "take a biopsy of the mole"
              attend run --preset gpt3-attention-block --tokens 128 --backend openblas
            """)

    @Option(name: .long, help: "The model's folder: config.json, tokenizer.json and safetensors weights.")
    var model: String?

    @OptionGroup var presets: PresetOption

    @OptionGroup var captures: CaptureOption

    @OptionGroup var choice: BackendChoice

    @OptionGroup var execution: ExecutionOptions

    @Flag(
        name: .long,
        help:
            "Print one JSON object: model, backend, device, placements (with --placements of each step), texts, token_ids, embeddings, similarity, seconds."
    )
    var json = false

    @Argument(help: "The texts.")
    var texts: [String] = []

    func validate() throws {
        guard (model == nil) != (presets.preset == nil) else {
            throw ValidationError("name a model's folder with --model, or sizes with --preset")
        }
        if presets.preset != nil, !texts.isEmpty {
            throw ValidationError("--preset reads no texts; --tokens says how many")
        }
        if presets.preset != nil, execution.shadow != nil {
            throw ValidationError("--shadow goes with --model: the oracle would take hours for a preset's sizes")
        }
        try execution.checkTrace(besides: captures.output)
        if model != nil, texts.isEmpty, !captures.listCaptures {
            throw ValidationError("give the texts to run the model on")
        }
        if json, captures.output != nil, model != nil {
            throw ValidationError("--json prints embeddings; leave it out beside --capture")
        }
    }

    func run() throws {
        try Exit.reporting {
            if let preset = presets.preset { return try runPreset(presets.found(preset)) }
            try runModel(model ?? "")
        }
    }

    private func runModel(_ folder: String) throws {
        let clock = ContinuousClock()
        // A backend that is not there is said before anything is read.
        let named = try choice.makeNamed()
        let model = try SentenceModel(folder: folder)
        if captures.listCaptures { return Terminal.write(model.graph.captureNames.joined(separator: "\n")) }
        let names = try captures.names(in: model.graph)
        let encodings = texts.map(model.encode)
        for (index, encoding) in encodings.enumerated() {
            Terminal.tellOmitted(
                encoding.omittedCount, of: encoding.ids.count, text: texts.count > 1 ? "text \(index + 1)" : "the text")
        }
        let inputs = try model.inputs(for: encodings)
        let backend = try named ?? choice.make(for: model.graph, inputs: inputs)
        try execution.check([backend.backend] + backend.fallbacks)
        let program = backend.program(model.graph, execution.optimizer)
        let session = try program.makeSession()
        let plan = try session.plan(for: inputs, capture: names)
        try backend.tellForecast(of: program, symbols: plan.symbols)
        if !names.isEmpty {
            let results = try execution.shadowed(session, choice) { try session.run(inputs, capture: names) }
            let profile = try execution.profiled(session, inputs, capture: names, on: program.backends)
            if choice.placements { Terminal.log(PlacementReport(plan, profile: profile).table) }
            return try captures.write(
                results, names: names, metadata: ["model": folder, "backend": backend.device.backend])
        }
        // The first run plans and uploads the weights; the second is what a user of a loaded model waits for.
        let loading = try clock.measure { _ = try session.run(inputs) }
        var results: [String: Tensor] = [:]
        let running = try clock.measure {
            results = try execution.shadowed(session, choice) { try session.run(inputs) }
        }
        let profile = try execution.profiled(session, inputs, on: program.backends)
        if choice.placements { Terminal.log(PlacementReport(plan, profile: profile).table) }
        guard let embeddings = results["sentence_embedding"] else {
            preconditionFailure("the graph has this output")
        }
        let report = RunReport(
            model: folder, device: backend.device, plan: plan,
            placements: choice.placements ? PlacementReport(plan, profile: profile) : nil, texts: texts,
            encodings: encodings,
            embeddings: embeddings,
            similarity: try Similarity.cosines(embeddings), seconds: running.inSeconds, firstSeconds: loading.inSeconds)
        if json { try Terminal.write(report.json()) } else { Terminal.write(report.table()) }
    }

    private func runPreset(_ preset: Preset) throws {
        if captures.listCaptures {
            return try Terminal.write(preset.graph(weights: .declared).captureNames.joined(separator: "\n"))
        }
        let run = PresetRun(
            preset: preset, tokens: presets.tokens ?? min(128, preset.contextLimit), seed: presets.seed ?? 1,
            chosen: try choice.make(), execution: execution, captures: captures.capture)
        let outcome = try run.outcome()
        if choice.placements { Terminal.log(PlacementReport(outcome.plan, profile: outcome.profile).table) }
        let report = PresetReport(run: run, outcome: outcome)
        if json { try Terminal.write(report.json()) } else { Terminal.write(report.lines().joined(separator: "\n")) }
        guard let output = captures.output else { return }
        let wanted = Set(outcome.captureNames)
        try SafetensorsFile.write(
            outcome.results.filter { wanted.contains($0.key) },
            metadata: ["preset": preset.name, "backend": run.chosen.device.backend, "seed": "\(run.seed)"], to: output)
    }
}
