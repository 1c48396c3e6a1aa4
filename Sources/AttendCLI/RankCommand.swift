import ArgumentParser
import AttendModels
import AttendRuntime

struct RankCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank", abstract: "Rank texts by their relevance for a query, with a cross-encoder.",
        usage: """
            attend rank --model <model> <query> <texts> ...
            attend rank --model <model> <query> --texts <file>
            """,
        discussion: """
            The model is a folder for sequence classification with one label. It reads the query and a text at once.
            """)

    static let examples = [
        "attend rank --model ms-marco-MiniLM-L6-v2 \"how tall are giraffes\" \"Giraffes: 5 m\" \"Cats sleep\""
    ]
    static let essentials = ["model", "texts", "backend", "json"]

    @Argument(help: "The query.")
    var query: String

    @Argument(help: "The texts to rank.")
    var words: [String] = []

    @Option(name: .long, help: "A model folder, or the name of a cached model.", completion: .directory)
    var model: String

    @Option(
        name: .long, help: "Read the texts from this file, one per line; - for standard input.", completion: .file())
    var texts: String?

    @OptionGroup var type: DTypeOption
    @OptionGroup var choice: BackendChoice
    @OptionGroup(title: "Execution") var execution: ExecutionOptions

    @Flag(name: .long, help: "Print one JSON object: the texts with their scores, the best first.")
    var json = false

    func validate() throws {
        if !words.isEmpty, texts != nil {
            throw ValidationError("texts come from the command line or from --texts, not from both")
        }
        if words.isEmpty, texts == nil {
            throw ValidationError("give the texts to rank, or a file of them with --texts")
        }
    }

    func run() throws {
        try Exit.reporting {
            // A missing backend is reported before any file is read.
            let named = try choice.makeNamed()
            let model = try CrossEncoder(ModelPlace.load(model, dtype: type.value))
            let list = try texts.map { try TextsFile($0).texts } ?? words
            for (index, text) in list.enumerated() {
                let encoding = model.encode(query, text)
                Terminal.tellOmitted(
                    encoding.omittedCount, of: encoding.ids.count, model.length,
                    text: "the query with text \(index + 1)")
            }
            let first = try model.inputs(for: [model.encode(query, list[0])])
            let prepared = try PreparedRun(model.graph, inputs: first, on: named, choice, execution)
            let scores = try execution.shadowed(prepared.session, choice) {
                try model.scores(query, list, session: prepared.session)
            }
            try prepared.reportPlacements(first, choice, execution)
            let order = list.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
            guard json else {
                for index in order {
                    Terminal.write("\(Double(scores[index]).formatted(decimals: 4))  \(list[index])")
                }
                return
            }
            let results = order.map { index in
                JSONValue.object([
                    .init("index", .integer(index)), .init("score", .number(Double(scores[index]))),
                    .init("text", .string(list[index]))
                ])
            }
            try Terminal.write(
                JSONValue.object([
                    .init("version", .integer(1)), .init("model", .string(model.folder)),
                    .init("query", .string(query)), .init("backend", .string(prepared.device.backend)),
                    .init("results", .array(results))
                ]))
        }
    }
}
