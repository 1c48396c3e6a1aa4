import ArgumentParser

/// The texts of a run: from the command line, or from a file with one per line.
struct TextChoice: ParsableArguments {
    @Option(
        name: .customLong("texts"),
        help: ArgumentHelp(
            "Read the texts from this file, one a line, or from standard input for -. Empty lines are left out.",
            valueName: "file"), completion: .file())
    var file: String?

    @Argument(help: "The texts.")
    var texts: [String] = []

    var isGiven: Bool { file != nil || !texts.isEmpty }

    func validate() throws {
        guard file == nil || texts.isEmpty else {
            throw ValidationError("texts come from the command line or from --texts, not from both")
        }
    }

    /// Reads the texts, and reports skipped lines.
    func read() throws -> [String] {
        guard let file else { return texts }
        if file == "-", Terminal.readsTerminal {
            Terminal.log("attend: reading texts, one a line; Ctrl-D ends them")
        }
        let read = try TextsFile(file)
        if let first = read.leftOut.first {
            let count = read.leftOut.count
            Terminal.log(
                "attend: warning: \(count) empty line\(count == 1 ? "" : "s") left out, the first is line \(first)")
        }
        return read.texts
    }
}
