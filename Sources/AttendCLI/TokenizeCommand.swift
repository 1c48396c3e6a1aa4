import ArgumentParser
import AttendModels
import AttendRuntime

struct TokenizeCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize", abstract: "Show the tokens of texts, and the text that they decode to.",
        usage: """
            attend tokenize --model <model> <texts> ...
            attend tokenize --model <model> --texts <file>
            attend tokenize --model <model> --json
            """,
        discussion: """
            With --json and without texts, a JSON array of texts is read from standard input; the answer is an array \
            of objects with ids, tokens, and the text decoded without special tokens.
            """)

    static let examples = [
        "attend tokenize --model all-MiniLM-L6-v2 \"a fluffy blue creature\"",
        "echo '[\"a cat\", \"a kitten\"]' | attend tokenize --model all-MiniLM-L6-v2 --json"
    ]
    static let essentials = ["model", "texts", "special", "json"]

    @Argument(help: "The texts to tokenize.")
    var words: [String] = []

    @Option(
        name: .long, help: "A model folder, the name of a cached model, or a tokenizer.json.", completion: .directory)
    var model: String

    @Option(
        name: .long, help: "Read the texts from this file, one per line; - for standard input.", completion: .file())
    var texts: String?

    @Flag(name: .customLong("no-special"), help: "Leave out the special tokens around each text.")
    var withoutSpecial = false

    @Flag(name: .long, help: "Print a JSON array: ids, tokens and the decoded text.")
    var json = false

    func validate() throws {
        if !words.isEmpty, texts != nil {
            throw ValidationError("texts come from the command line or from --texts, not from both")
        }
        if words.isEmpty, texts == nil, !json {
            throw ValidationError("give the texts to tokenize, a file of them with --texts, or --json to read them")
        }
    }

    func run() throws {
        try Exit.reporting {
            let tokenizer = try TextTokenizer(model: ModelPlace.fileOrFolder(model))
            let list =
                try words.isEmpty ? texts.map { try TextsFile($0).texts } ?? TextsFile.standardInputList() : words
            let rows = try list.map { text in
                let ids = tokenizer.encode(text, addingSpecialTokens: !withoutSpecial).ids
                let tokens = tokenizer.tokens(of: text, addingSpecialTokens: !withoutSpecial)
                return (text: text, ids: ids, tokens: tokens, decoded: try tokenizer.decode(ids))
            }
            guard json else {
                for row in rows {
                    Terminal.write(row.text)
                    for (id, token) in zip(row.ids, row.tokens) { Terminal.write("  \(id)\t\(token)") }
                }
                return
            }
            let values = rows.map { row in
                JSONValue.object([
                    .init("ids", .array(row.ids.map { .integer($0) })),
                    .init("tokens", .array(row.tokens.map { .string($0) })),
                    .init("decoded", .string(row.decoded))
                ])
            }
            try Terminal.write(JSONValue.array(values))
        }
    }
}
