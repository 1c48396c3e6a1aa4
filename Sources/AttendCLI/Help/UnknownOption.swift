import ArgumentParser
import AttendRuntime

/// A word with a leading dash that is not an option of the command.
struct UnknownOption: CustomStringConvertible {
    let description: String

    /// The first such word; nil if there is none.
    init?(in words: some Sequence<String>, of command: any ParsableCommand.Type) {
        let everywhere = ["--help", "-h", "--version", "--generate-completion-script", "--experimental-dump-help"]
        let known = CommandSheet(command).optionNames + everywhere
        for word in words where word.hasPrefix("-") && word.count > 1 {
            let name = String(word.prefix { $0 != "=" })
            guard !known.contains(name) else { continue }
            let hint = Nearest.hint(for: name, among: known.filter { $0.hasPrefix("--") }, quoted: "'")
            let owner = HelpPage.name(of: command)
            if Double(word) != nil || !word.hasPrefix("--") {
                description =
                    """
                    unknown option '\(name)'\(hint); write a value that begins with a dash as --option=\(word), and a \
                    text after --
                    """
            } else {
                description = "unknown option '\(name)'\(hint)" + (hint.isEmpty ? " (\(owner) has no such option)" : "")
            }
            return
        }
        return nil
    }
}
