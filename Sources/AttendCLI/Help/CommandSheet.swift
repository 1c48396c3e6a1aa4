import ArgumentParser
import AttendRuntime

/// A command's arguments, from ArgumentParser's dump of its help.
struct CommandSheet {
    struct Argument {
        /// `--model`, `-h`; empty for a positional argument.
        let names: [String]
        /// `model` in `--model <model>`; nil for a flag.
        let value: String?
        let abstract: String
        let choices: [String]
        let defaultValue: String?
        /// The heading of its group; empty for the command's own.
        let section: String
        let isRepeating: Bool
        let isShown: Bool

        /// `--model <model>` or `<texts> ...`.
        var label: String {
            let place = value.map { "<\($0)>" } ?? ""
            guard !names.isEmpty else { return isRepeating ? "\(place) ..." : place }
            return ([names.joined(separator: ", ")] + (place.isEmpty ? [] : [place])).joined(separator: " ")
        }

        /// The description, with the possible values and the default.
        var text: String {
            var notes: [String] = []
            if !choices.isEmpty { notes.append("values: \(choices.joined(separator: ", "))") }
            if let defaultValue { notes.append("default: \(defaultValue)") }
            return notes.isEmpty ? abstract : "\(abstract) (\(notes.joined(separator: "; ")))"
        }
    }

    let arguments: [Argument]

    init(_ command: any ParsableCommand.Type) {
        let dump = command._dumpHelp()
        // An unreadable dump has no arguments; tests check that the dump of each command is readable.
        let root = (try? JSONValue(parsing: dump)).map { JSONNode($0) }
        let list = try? root?.required("command").optional("arguments")?.elements()
        arguments = (list ?? []).compactMap { try? Argument($0) }
    }

    /// The names of all options of the command.
    var optionNames: [String] { arguments.flatMap(\.names) }
}

extension CommandSheet.Argument {
    fileprivate init(_ node: JSONNode) throws {
        func text(_ key: String) throws -> String? { try node.optional(key)?.string() }
        let kind = try text("kind")
        names = try (node.optional("names")?.elements() ?? []).map { name in
            let dashes = try name.required("kind").string() == "short" ? "-" : "--"
            return dashes + (try name.required("name").string())
        }
        value = kind == "flag" ? nil : try text("valueName")
        abstract = try text("abstract") ?? ""
        choices = try node.optional("allValues")?.elements().map { try $0.string() } ?? []
        defaultValue = kind == "flag" ? nil : try text("defaultValue")
        section = try text("sectionTitle") ?? ""
        isRepeating = try node.optional("isRepeating")?.value == .bool(true)
        isShown = try node.optional("shouldDisplay")?.value != .bool(false)
    }
}
