import ArgumentParser

/// The help of a command: short for `-h`, full for `--help`. Text is wrapped, examples are not.
struct HelpPage {
    let command: any ParsableCommand.Type
    /// The width in columns.
    let width: Int

    private static let labelWidth = 26

    /// The command's full name, such as `attend run`.
    static func name(of command: any ParsableCommand.Type) -> String {
        let root = AttendCommand.configuration.commandName ?? "attend"
        return command == AttendCommand.self ? root : "\(root) \(command._commandName)"
    }

    /// The usage of the command, one form per line.
    static func usage(of command: any ParsableCommand.Type) -> [String] {
        AttendCommand.usageString(for: command).split(separator: "\n").map(String.init)
    }

    private var essentials: [String] { (command as? any HelpfulCommand.Type)?.essentials ?? [] }
    private var examples: [String] { (command as? any HelpfulCommand.Type)?.examples ?? [] }

    /// Usage, the most common options, and one example.
    func short() -> String {
        let arguments = CommandSheet(command).arguments.filter(\.isShown)
        let wanted = arguments.filter { argument in
            argument.names.isEmpty || argument.names.contains { essentials.contains(String($0.drop { $0 == "-" })) }
        }
        var sections = [
            paragraph(command.configuration.abstract), section("Usage", HelpPage.usage(of: command).map { "  \($0)" })
        ]
        if !wanted.isEmpty { sections.append(section("Most used", wanted.flatMap(lines))) }
        sections.append(commands)
        // A change of folder is shown with the command after it.
        let first = examples.prefix(examples.first.map { $0.hasPrefix("cd ") && !$0.contains("&&") } ?? false ? 2 : 1)
        if !first.isEmpty { sections.append(section("Example", first.map { "  \($0)" })) }
        sections.append("See \(HelpPage.name(of: command)) --help for all options.")
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    func full() -> String {
        let arguments = CommandSheet(command).arguments.filter(\.isShown)
        let (positional, options) = (arguments.filter(\.names.isEmpty), arguments.filter { !$0.names.isEmpty })
        var titles: [String] = []
        for option in options where !titles.contains(option.section) { titles.append(option.section) }
        // The command's own options first, then those shared with other commands.
        titles = titles.filter(\.isEmpty) + titles.filter { !$0.isEmpty }
        var sections = [
            paragraph("OVERVIEW: \(command.configuration.abstract)"),
            section("Usage", HelpPage.usage(of: command).map { "  \($0)" })
        ]
        sections += command.configuration.discussion.split(separator: "\n\n").map { paragraph(String($0)) }
        sections.append(commands)
        if !positional.isEmpty { sections.append(section("Arguments", positional.flatMap(lines))) }
        for title in titles {
            let group = options.filter { $0.section == title }
            sections.append(section(title.isEmpty ? "Options" : title, group.flatMap(lines)))
        }
        if !examples.isEmpty { sections.append(section("Examples", examples.map { "  \($0)" })) }
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The commands of the program, on its own page.
    private var commands: String {
        let list = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        guard !list.isEmpty else { return "" }
        return section("Commands", list.flatMap { entry($0._commandName, $0.configuration.abstract) })
    }

    private func paragraph(_ text: String) -> String { text.wrapped(to: width).joined(separator: "\n") }

    private func section(_ title: String, _ lines: [String]) -> String {
        (["\(title.uppercased()):"] + lines).joined(separator: "\n")
    }

    private func lines(_ argument: CommandSheet.Argument) -> [String] { entry(argument.label, argument.text) }

    /// A label with its text beside it, or below it if the label is long.
    private func entry(_ label: String, _ text: String) -> [String] {
        let indent = String(repeating: " ", count: HelpPage.labelWidth)
        let wrapped = text.wrapped(to: max(20, width - HelpPage.labelWidth)).map { indent + $0 }
        guard label.count + 4 <= HelpPage.labelWidth, let first = wrapped.first else { return ["  \(label)"] + wrapped }
        return [DisplayText.fitted("  \(label)", HelpPage.labelWidth) + first.dropFirst(HelpPage.labelWidth)]
            + wrapped.dropFirst()
    }
}

extension Terminal {
    /// Columns for prose: those of the terminal, or of COLUMNS, or 80; at least 60, at most 100.
    static var proseWidth: Int {
        let columns = columns(of: 1) ?? variable("COLUMNS").flatMap { Int($0) } ?? 80
        return min(100, max(60, columns))
    }
}
