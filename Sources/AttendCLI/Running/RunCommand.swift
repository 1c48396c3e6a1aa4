import ArgumentParser
import AttendModels
import AttendRuntime

struct RunCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a model: continue, translate, transcribe or compare texts.",
        usage: """
            attend run --model <model> <texts> ...
            attend run --model <model> --texts <file>
            attend run --model <model> --inputs <file> --output <file>
            attend run --preset <name> [--tokens <tokens>]
            """,
        discussion: """
            A decoder continues each text, and an encoder with a decoder, such as a translator, answers it: new text is \
            printed as it comes, of several texts one result after another. A speech model transcribes WAV files. Tokens are the most probable ones unless an \
            option asks for drawing. Ctrl-C stops and keeps what was printed.

            A sentence encoder compares texts: up to a dozen pairwise; of more, each is shown with its most similar text. --json has \
            every embedding, and every similarity of up to \(RunReport.comparedLimit) texts.

            With --inputs, a model runs on tensors, without a tokenizer; its logits, hidden states, attention patterns \
            and other outputs go to --output under the names of Hugging Face's transformers.

            With --preset, a well-known architecture runs with random weights: run time, speed, and memory compared \
            with the prediction of attend count.

            With --capture, values inside the model are written to a file. Only the nodes that contain a captured \
            value are decomposed; all others run at full speed.
            """)

    static let examples = [
        "attend run --model all-MiniLM-L6-v2 \"a fluffy blue creature\" \"an azure animal\"",
        "printf '%s\\n' \"a cat\" \"a kitten\" | attend run --model all-MiniLM-L6-v2 --texts -",
        "attend run --model all-MiniLM-L6-v2 --capture layers.3.attention.pattern \\",
        "  --output inside.safetensors \"take a biopsy of the mole\"",
        "attend run --model all-MiniLM-L6-v2 --inputs Examples/TokenIDs/creature.json \\",
        "  --output states.safetensors --outputs hidden_states",
        "attend run --model gpt2 --generate 20 \"Once upon a time\"",
        "attend run --preset gpt2 --tokens 16"
    ]
    static let essentials = ["model", "texts", "generate", "backend", "json", "capture", "output", "preset"]

    @Option(
        name: .long,
        help:
            """
            A model folder (config.json, tokenizer.json and safetensors weights), or the name of a cached model, such \
            as all-MiniLM-L6-v2 after make demo.
            """,
        completion: .directory)
    var model: String?

    @OptionGroup var input: TextChoice

    @OptionGroup var type: DTypeOption

    @OptionGroup(title: "Generation") var generation: GenerationOption

    @OptionGroup(title: "Speech") var speech: SpeechOption

    @OptionGroup(title: "Tensors") var tensors: TensorOption

    @OptionGroup(title: "Prompts") var prompts: PromptOption

    @OptionGroup(title: "Presets") var presets: PresetOption

    @OptionGroup(title: "Captures") var captures: CaptureOption

    @OptionGroup(title: "Backends") var choice: BackendChoice

    @OptionGroup(title: "Execution") var execution: ExecutionOptions

    @Flag(
        name: .long,
        help:
            """
            Print one JSON object: model, dtype, backend, device, placements, texts, prompt, token_ids, embeddings, \
            similarity, similarity_function, seconds; with --inputs, outputs. Of generated texts: outputs, results; of \
            speech: transcripts.
            """
    )
    var json = false

    func validate() throws {
        guard (model == nil) != (presets.preset == nil) else {
            throw ValidationError(
                model == nil
                    ? "name a model with --model, or sizes with --preset" : "--model or --preset, not both")
        }
        if presets.preset != nil, input.isGiven {
            throw ValidationError("--preset reads no texts; set the number of tokens with --tokens")
        }
        if tensors.inputs != nil {
            guard presets.preset == nil, !input.isGiven, !prompts.isGiven else {
                throw ValidationError(
                    "--inputs needs --model and replaces the texts; leave out texts, prompts and --preset")
            }
        }
        try captures.check(hasOutputs: tensors.inputs != nil)
        if presets.preset != nil, generation.isGiven {
            throw ValidationError("--generate and its options need --model: a preset has random weights")
        }
        guard presets.preset != nil || presets.seed == nil || model != nil else {
            throw ValidationError("--seed needs --preset, or --model with drawn tokens")
        }
        if presets.preset != nil, prompts.isGiven {
            throw ValidationError("--prompt and --prompt-name need --model: a preset reads no texts")
        }
        if presets.preset != nil, execution.shadow != nil {
            throw ValidationError("--shadow needs --model: the oracle would take hours for a preset's sizes")
        }
        try OutputPlaces.check(
            ["--output": captures.output, "--trace": execution.trace],
            reading: [tensors.inputs, input.file, presets.preset, model.flatMap { try? ModelPlace.folder($0) }])
        if model != nil, !input.isGiven, tensors.inputs == nil, !captures.listCaptures {
            throw ValidationError(
                "give the texts to run the model on, or a file of them with --texts, or token ids with --inputs")
        }
        if json, captures.output != nil, model != nil, tensors.inputs == nil {
            throw ValidationError("--json prints embeddings; it can't be combined with --capture")
        }
    }

    func run() throws {
        try Exit.reporting {
            if let preset = presets.preset { return try runPreset(presets.found(preset)) }
            if let path = tensors.inputs { return try runTensors(model ?? "", path) }
            try runModel(model ?? "")
        }
    }

    private func runTensors(_ name: String, _ path: String) throws {
        let named = try choice.makeNamed()
        let model = try ModelPlace.load(name, dtype: type.value)
        if generation.isGiven {
            guard captures.capture.isEmpty, !captures.listCaptures, tensors.names.isEmpty else {
                throw ValidationError("--generate writes sequences alone; leave out --outputs and --capture")
            }
            try execution.refuseObservers(placements: choice.placements)
            guard !speech.isGiven else {
                throw ValidationError(
                    "--language, --translate, --words, --srt and --vtt need sound files, not --inputs")
            }
            let backends = try named ?? choice.make()
            try execution.check([backends.backend] + backends.fallbacks)
            return try GenerationRun(
                model: model, option: generation, seed: presets.seed, backends: backends, optimizer: execution.optimizer
            ).run(tensors: path, to: captures.output, asJSON: json)
        }
        let (graph, inputs) = try tensors.load(model, path)
        if captures.listCaptures { return try captures.list(graph, asJSON: json) }
        try TensorRun(model: model, graph: graph, inputs: inputs, option: tensors).run(
            on: named, choice, execution, captures, asJSON: json)
    }

    private func runModel(_ name: String) throws {
        // A missing backend is reported before any file is read.
        let named = try choice.makeNamed()
        if captures.listCaptures {
            return try captures.list(ModelPlace.load(name, dtype: type.value).graph(), asJSON: json)
        }
        // A missing folder is reported before texts are read.
        let folder = try ModelPlace.folder(name)
        let texts = try input.read()
        let loaded = try ModelPlace.load(folder: folder, dtype: type.value)
        if captures.capture.isEmpty, let masked = try MaskedRun(loaded, texts: texts) {
            return try masked.run(on: named, choice, execution, asJSON: json)
        }
        if GenerationRun.fits(loaded), !captures.capture.isEmpty, generation.isGiven || speech.isGiven {
            throw ValidationError(
                "--capture is for a whole pass: leave out --generate and its options, or give ids with --inputs")
        }
        if captures.capture.isEmpty, GenerationRun.fits(loaded) {
            guard !prompts.isGiven else {
                throw ValidationError("--prompt is for sentence encoders; write what comes before a text into it")
            }
            let backends = try generating(named)
            if loaded.configuration.audio != nil {
                return try SpeechRun(
                    model: loaded, option: speech, generation: generation, seed: presets.seed, backends: backends,
                    optimizer: execution.optimizer
                ).run(texts, asJSON: json)
            }
            guard !speech.isGiven else {
                throw ValidationError(
                    "--language, --translate, --words, --srt and --vtt are for models that read speech")
            }
            return try GenerationRun(
                model: loaded, option: generation, seed: presets.seed, backends: backends,
                optimizer: execution.optimizer
            ).run(texts, asJSON: json)
        }
        guard !speech.isGiven else {
            throw ValidationError("--language, --translate, --words, --srt and --vtt are for models that read speech")
        }
        guard !generation.isGiven else {
            throw ValidationError("--generate and its options need a model with a decoder; \(folder) embeds texts")
        }
        let model = try SentenceModel(loaded)
        let names = try captures.names(in: model.graph)
        let prompt = try prompts.text(for: model)
        let encodings = texts.map { model.encode($0, prompt: prompt) }
        tellReading(texts, encodings, of: model)
        let batches = names.isEmpty ? model.batches(encodings) : TextBatches(whole: encodings)
        func inputs(_ part: [Int]) throws -> [String: Tensor] {
            try model.inputs(for: part.map { encodings[$0] }, prompt: prompt)
        }
        let first = try inputs(batches.parts[0])
        let prepared = try PreparedRun(
            model.graph, inputs: first, capture: names, on: named, choice, execution)
        let session = prepared.session
        if !names.isEmpty {
            let results = try execution.shadowed(session, choice) { try session.run(first, capture: names) }
            try prepared.reportPlacements(first, capture: names, choice, execution)
            return try captures.write(
                results, names: names, metadata: ["model": folder, "backend": prepared.backend.device.backend])
        }
        // The first run plans and uploads the weights. Of a single batch, the second is the latency of a loaded model.
        let clock = ContinuousClock()
        func embedded(_ inputs: [String: Tensor]) throws -> Tensor {
            guard let embeddings = try session.run(inputs)["sentence_embedding"] else {
                preconditionFailure("the graph has this output")
            }
            return embeddings
        }
        var (start, computed): (Tensor?, Tensor?)
        let loading = try clock.measure { start = try embedded(first) }
        if batches.parts.count == 1 || execution.shadow != nil { start = nil }
        let progress = ProgressLine()
        let running = try clock.measure {
            defer { progress.clear() }
            computed = try execution.shadowed(session, choice) {
                try batches.embeddings { done in
                    guard batches.parts.count > 1 else { return }
                    progress.show("\(Quantity.grouped(done)) of \(Quantity.grouped(texts.count)) texts")
                } _: { part in
                    if let result = start {
                        start = nil
                        return result
                    }
                    return try embedded(inputs(part))
                }
            }
        }
        guard let embeddings = computed else { preconditionFailure("measured once it has run") }
        if execution.isProfiled, batches.parts.count > 1 {
            Terminal.log("profile: of the first \(batches.parts[0].count) texts")
        }
        let placements = try prepared.reportPlacements(first, choice, execution)
        try model.checkFinite(embeddings, of: texts, in: session) { try inputs([$0]) }
        let isCompared = texts.count <= RunReport.comparedLimit
        let report = RunReport(
            model: folder, dtype: loaded.dtype, device: prepared.device, plan: prepared.plan,
            placements: choice.placements ? placements : nil, texts: texts,
            prompt: prompt ?? model.prompts.standard, encodings: encodings, embeddings: embeddings,
            similarityFunction: model.similarity, similarity: isCompared ? try model.similarity(embeddings) : nil,
            seconds: (batches.parts.count > 1 ? loading + running : running).inSeconds, firstSeconds: loading.inSeconds,
            firstCount: batches.parts[0].count)
        if json { try Terminal.write(report.json()) } else { Terminal.write(report.table(width: Terminal.width)) }
    }

    /// The backends of generation, which takes many runs: options for a single one are refused.
    private func generating(_ named: ChosenBackends?) throws -> ChosenBackends {
        try execution.refuseObservers(placements: choice.placements)
        let backends = try named ?? choice.make()
        try execution.check([backends.backend] + backends.fallbacks)
        return backends
    }

    /// Warns of truncated texts and of empty ones.
    private func tellReading(_ texts: [String], _ encodings: [Encoding], of model: SentenceModel) {
        for (index, encoding) in encodings.enumerated() {
            let text = texts.count > 1 ? "text \(index + 1)" : "the text"
            Terminal.tellOmitted(
                encoding.omittedCount, of: encoding.ids.count, model.length, cutsStart: model.cutsStart, text: text)
            guard texts[index].allSatisfy(\.isWhitespace) else { continue }
            let rest = encoding.ids.isEmpty ? "no tokens at all" : "the special tokens around every text"
            Terminal.log("attend: warning: \(text) is empty: its embedding is that of \(rest)")
        }
    }

    private func runPreset(_ preset: Preset) throws {
        if captures.listCaptures {
            return try captures.list(preset.graph(dtype: type.value, weights: .declared), asJSON: json)
        }
        let run = PresetRun(
            preset: preset, dtype: try type.value, tokens: presets.tokens ?? min(128, preset.contextLimit),
            seed: presets.seed ?? 1,
            choice: choice, chosen: try choice.make(), execution: execution, captures: captures.capture)
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
