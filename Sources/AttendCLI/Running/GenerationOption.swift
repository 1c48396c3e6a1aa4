import ArgumentParser
import AttendModels

/// How a model continues or translates texts.
struct GenerationOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Largest number of new tokens.",
            valueName: "count"))
    var generate: Int?

    @Option(name: .long, help: "Draw tokens, with logits divided by this; above 0.")
    var temperature: Double?

    @Option(name: .long, help: "Draw among this many of the most probable tokens.")
    var topK: Int?

    @Option(name: .long, help: "Draw among the most probable tokens of this share of the probability.")
    var topP: Double?

    @Option(name: .long, help: "Draw among tokens of at least this share of the largest probability.")
    var minP: Double?

    @Flag(name: .long, help: "Draw tokens by the settings of generation_config.json.")
    var sample = false

    @Option(
        name: .long, help: "Divide positive logits of tokens that occur already by this, and multiply negative ones.")
    var repetitionPenalty: Double?

    @Option(
        name: .long,
        help: "Number of beams: search for the most probable result. Default: that of generation_config.json.")
    var beams: Int?

    @Option(name: .long, help: ArgumentHelp("Stop before this text. Repeatable.", valueName: "text"))
    var stop: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Translate from this language, where the model has a choice.", valueName: "language"))
    var from: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Translate to this language, where the model has a choice.", valueName: "language"))
    var to: String?

    @Flag(name: .long, help: .hidden)
    var chat = false

    /// Whether any option of generation is given.
    var isGiven: Bool {
        generate != nil || isSampling || repetitionPenalty != nil || beams != nil || !stop.isEmpty || from != nil
            || to != nil
    }

    var isSampling: Bool { sample || temperature != nil || topK != nil || topP != nil || minP != nil }

    func validate() throws {
        if chat {
            throw ValidationError(
                """
                --chat is not supported: chat templates need a Jinja engine. Write the model's format into the prompt, such \
                as "<|user|>\\nHello<|end|>\\n<|assistant|>\\n"; the folder's chat_template shows it
                """)
        }
        if let generate, !(0...(1 << 20)).contains(generate) {
            throw ValidationError("--generate takes a number from 0 to \(1 << 20), found \(generate)")
        }
        if let beams, !(1...64).contains(beams) { throw ValidationError("--beams takes 1 to 64, found \(beams)") }
        if let penalty = repetitionPenalty, !(penalty > 0 && penalty.isFinite) {
            throw ValidationError("--repetition-penalty must be above 0, found \(penalty)")
        }
        guard stop.allSatisfy({ !$0.isEmpty }) else { throw ValidationError("--stop needs a text to stop before") }
        guard from == nil || to != nil else { throw ValidationError("--from needs --to") }
        if isSampling, (beams ?? 1) > 1 { throw ValidationError("--beams and sampling can't be combined; choose one") }
        if let problem = sampling(SamplingSettings(), seed: 0).problem { throw ValidationError("--\(problem)") }
    }

    private func sampling(_ defaults: SamplingSettings, seed: Int) -> SamplingSettings {
        SamplingSettings(
            temperature: temperature ?? defaults.temperature, topK: topK ?? defaults.topK,
            topP: topP ?? defaults.topP, minP: minP ?? defaults.minP, seed: seed)
    }

    /// The model's defaults with the options.
    func settings(_ program: GenerationProgram, seed: Int?) throws -> GenerationSettings {
        guard seed == nil || isSampling else {
            throw ValidationError("--seed is for drawn tokens; add --temperature or --sample")
        }
        let defaults = program.defaults
        var settings = defaults.settings
        let isTranslator = program.model.configuration.encoder != nil
        settings.maximumNewTokens =
            generate
            ?? min(
                isTranslator ? 256 : 64, program.contextLimit.map { max($0 - 1, 1) } ?? .max)
        if let beams { settings.beamCount = beams }
        if let repetitionPenalty { settings.rules.repetitionPenalty = repetitionPenalty }
        if isSampling {
            if sample, defaults.sampling == nil {
                throw ValidationError("--sample: \(defaults.path) does not ask for sampling; set --temperature")
            }
            settings.sampling = sampling((sample ? defaults.sampling : nil) ?? SamplingSettings(), seed: seed ?? 0)
            settings.beamCount = 1
        }
        return settings
    }
}
