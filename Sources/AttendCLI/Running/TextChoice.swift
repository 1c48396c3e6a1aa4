import ArgumentParser

/// The texts of a run: from the command line, or from a file with one per line.
struct TextChoice: ParsableArguments {
    @Option(
        name: .customLong("texts"),
        help: ArgumentHelp(
            "Read the texts from this file, one per line, or from standard input if -. Empty lines are skipped.",
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
            Terminal.log("attend: reading texts, one per line; end with Ctrl-D")
        }
        let read = try TextsFile(file)
        if let first = read.leftOut.first {
            let count = read.leftOut.count
            Terminal.log(
                "attend: warning: skipped \(count) empty line\(count == 1 ? "" : "s"), the first is line \(first)")
        }
        return read.texts
    }
}
