import ArgumentParser
import AttendModels
import AttendRuntime

struct ExplainCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain attention step by step, with the numbers of a run.",
        usage: """
            attend explain [<text>] [<options>]
            attend explain --words --model <model> [<texts> ...]
            """,
        discussion: """
            Follows 3Blue1Brown's "Attention in transformers, step by step", from the embedding table to the predicted \
            word. The default is "a fluffy blue creature roamed the verdant forest" on a handmade model of two blocks; \
            with --model, every number is captured from a run of your own model.
            """)

    static let examples = [
        "attend explain", "attend explain --step mask --layout rows",
        "attend explain \"the blue creature slept\" --step prediction",
        "attend explain --model all-MiniLM-L6-v2 --layer 3 --head 7 \"take a biopsy of the mole\"",
        "attend explain --svg attention.svg", "attend explain --words --model all-MiniLM-L6-v2",
        "attend explain --words mole --model all-MiniLM-L6-v2 \"a mole digs\" \"a mole of gas\""
    ]
    static let essentials = ["model", "step", "layer", "head", "words", "layout", "values", "backend"]

    @Option(
        name: .long,
        help:
            "A model folder, the name of a cached model, or a graph file with NAME.words.json beside it.",
        completion: .directory)
    var model: String?

    @Option(
        name: .long,
        help:
            "The decoder's text, for a model with an encoder and a decoder: explains the decoder and its cross-attention."
    )
    var target: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Show only this step: \(ExplanationStep.list). Repeatable.", valueName: "name"),
        completion: .list(ExplanationStep.allCases.map(\.rawValue)))
    var step: [String] = []

    @Flag(
        name: .long,
        help:
            """
            Show how the vectors of one word in several texts drift apart layer by layer, instead of the steps. \
            Arguments: the word, then the texts; by default the film's examples, "mole" and "tower".
            """
    )
    var words = false

    @Option(name: .long, help: "The layer, counted from 0.")
    var layer = 0

    @Option(name: .long, help: "The head, counted from 0.")
    var head = 0

    @Option(
        name: .long,
        help:
            "The token whose vectors are shown. Default: the token chosen in the words file, else the last.")
    var token: String?

    @Option(
        name: .long, help: "Orientation of the queries: film (columns, like vectors) or rows (as in libraries).",
        completion: .list(FigureLayout.allCases.map(\.rawValue)), transform: Choice.parse("layout"))
    var layout = FigureLayout.film

    @Flag(name: .long, help: "Show numbers instead of dots, and omit nothing.")
    var values = false

    @Option(
        name: .long, help: "Write the steps as a picture to this file.", completion: .file(extensions: ["svg"]))
    var svg: String?

    @Flag(name: .long, help: "Print one JSON object with every number in full.")
    var json = false

    @Option(
        name: .long, help: "When to write in color: auto (on a terminal, without NO_COLOR), always or never.",
        completion: .list(ColorChoice.allCases.map(\.rawValue)), transform: Choice.parse("color"))
    var color = ColorChoice.auto

    @OptionGroup var type: DTypeOption

    @OptionGroup(title: "Backends") var choice: BackendChoice

    @Argument(help: "The text. The handmade model knows few words.")
    var texts: [String] = []

    func validate() throws {
        guard choice.fallback.isEmpty, !choice.placements else {
            throw ValidationError("explain runs on a single backend; leave --fallback and --placements out")
        }
        if !isFolder { try type.refuse(for: model.map { "the graph \($0)" } ?? "the handmade model") }
        _ = try steps()
        try OutputPlaces.check(["--svg": svg], reading: [model.map { ModelPlace.kept($0) ?? $0 }])
        if words {
            guard step.isEmpty, svg == nil else { throw ValidationError("--words has neither steps nor a picture") }
            guard layer == 0, head == 0, token == nil, target == nil, layout == .film, !values else {
                throw ValidationError(
                    "--words compares vectors of all layers: leave --layer, --head, --token, --target, --layout and --values out"
                )
            }
            guard texts.count != 1, texts.count != 2 else {
                throw ValidationError("--words takes a word and at least two texts, or no arguments")
            }
        } else if texts.count > 1 {
            throw ValidationError("explain takes one text, found \(texts.count); put it in quotes")
        }
    }

    func run() throws {
        try Exit.reporting {
            let backend = try choice.make().backend
            if words { return try tellWords(on: backend) }
            var model = try explained()
            Terminal.tellOmitted(
                model.omittedCount, of: model.ids.count, model.readLength, cutsStart: model.cutsStart)
            if let token { try model.follow(token) }
            let explanation = try Explanation(
                model, layer: layer, head: head, steps: steps(), on: backend)
            if let svg { try OutputFile.write(Array(ExplanationPicture(explanation, layout).document.utf8), to: svg) }
            if json { return try Terminal.write(explanation.json(device: backend.device)) }
            let figures = FigureText(
                layout: layout, width: max(40, Terminal.width), color: color.isOn, showsValues: values)
            Terminal.write(ExplanationText(explanation: explanation, figures: figures).lines().joined(separator: "\n"))
            Terminal.log("computed on \(backend.device.backend) (\(backend.device.line))")
        }
    }

    /// Whether a model's folder is explained, not a graph file nor the handmade model.
    private var isFolder: Bool { model.map { !$0.hasSuffix(".json") } ?? false }

    private func explained() throws -> ExplainedModel {
        guard target == nil || isFolder else { throw ValidationError("--target needs a model's folder") }
        guard let model else { return try .madeByHand(text: texts.first) }
        if !isFolder { return try ExplainedModel(graphFile: model, text: texts.first) }
        return try ExplainedModel(
            ModelPlace.load(model, dtype: type.value),
            text: texts.first ?? "a fluffy blue creature roamed the verdant forest",
            target: target)
    }

    private func tellWords(on backend: any ComputeBackend) throws {
        guard let model else {
            throw ValidationError("--words needs a model: --model all-MiniLM-L6-v2 (make demo fetches it)")
        }
        let asked = texts.first.map { [(word: $0, texts: Array(texts.dropFirst()))] } ?? WordDrift.examples
        let loaded = try ModelPlace.load(model, dtype: type.value)
        let drifts = try asked.map { try WordDrift($0.word, in: $0.texts, of: loaded, on: backend) }
        if json { return try Terminal.write(WordDriftText.json(drifts, model: model, device: backend.device)) }
        let parts = drifts.map { drift in
            WordDriftText(drift: drift, width: max(40, Terminal.width), color: color.isOn).lines()
                .joined(separator: "\n")
        }
        Terminal.write(parts.joined(separator: "\n\n"))
        Terminal.log("computed on \(backend.device.backend) (\(backend.device.line))")
    }

    private func steps() throws -> [ExplanationStep] {
        let known = ExplanationStep.allCases.map(\.rawValue)
        let steps = try step.map { name in
            guard let step = ExplanationStep(rawValue: name) else {
                throw ValidationError(Choice.unknown("step", name, among: known))
            }
            return step
        }
        return steps.isEmpty ? ExplanationStep.allCases : steps
    }
}

extension ExplanationStep {
    fileprivate static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
