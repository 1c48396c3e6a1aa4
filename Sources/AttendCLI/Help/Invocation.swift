import ArgumentParser
import AttendRuntime

/// One call of the program: help, version or a command, and the exit code.
struct Invocation {
    /// The arguments.
    let words: [String]

    /// The arguments before `--`, after which there are no options.
    private var given: ArraySlice<String> { words.prefix { $0 != "--" } }

    private static var commands: [any ParsableCommand.Type] { AttendCommand.configuration.subcommands }

    /// Runs the command.
    ///
    /// - Returns: The exit code.
    func perform() -> Int32 {
        let first = given.first { !$0.hasPrefix("-") }
        let wantsHelp = first == "help"
        // `attend help run`, or the first word that is no option.
        let named = wantsHelp ? given.drop { $0 != "help" }.dropFirst().first { !$0.hasPrefix("-") } : first
        var command: any ParsableCommand.Type = AttendCommand.self
        let isRequest = wantsHelp || given.isEmpty || given.contains { ["-h", "--help", "--version"].contains($0) }
        if let named, isRequest || given.first == named {
            guard let found = Invocation.commands.first(where: { $0._commandName == named }) else {
                let known = Invocation.commands.map { $0._commandName }
                let hint = Nearest.hint(for: named, among: known)
                return complain(
                    "there is no command \"\(named)\"\(hint) (there are \(known.joined(separator: ", ")))",
                    AttendCommand.self)
            }
            command = found
        }
        let page = HelpPage(command: command, width: Terminal.proseWidth)
        if wantsHelp || given.contains("--help") { return tell(page.full()) }
        if given.isEmpty || given.contains("-h") { return tell(page.short()) }
        if given.contains("--version") { return tell(Version.text) }
        return run(command)
    }

    private func run(_ type: any ParsableCommand.Type) -> Int32 {
        var command: any ParsableCommand
        do {
            command = try AttendCommand.parseAsRoot(words)
        } catch {
            guard AttendCommand.exitCode(for: error) != .success else {
                return tell(AttendCommand.fullMessage(for: error))
            }
            // An unknown option is the likely cause of other errors.
            if let complaint = UnknownOption(in: given, of: type) { return complain(complaint.description, type) }
            return complain(AttendCommand.message(for: error), type)
        }
        do {
            try command.run()
            return 0
        } catch let code as ExitCode {
            return code.rawValue
        } catch let error as ValidationError {
            return complain(error.message, type)
        } catch {
            Terminal.fail("\(error)")
            return Exit.code(of: error)
        }
    }

    private func tell(_ text: String) -> Int32 {
        Terminal.write(text)
        return 0
    }

    /// Reports an error of the command line, with the usage of its command.
    private func complain(_ message: String, _ command: any ParsableCommand.Type) -> Int32 {
        Terminal.fail(message)
        let forms = HelpPage.usage(of: command).joined(separator: "\n       ")
        Terminal.log("Usage: \(forms)\n  See '\(HelpPage.name(of: command)) --help' for more information.")
        return Exit.usage
    }
}
