import Foundation
import Testing

/// The commands that documents and help show, so that tests run what users paste.
enum DocumentedCommands {
    /// A block of code between fences.
    struct Block: CustomStringConvertible {
        let document: String
        let line: Int
        let language: String
        let text: String

        var description: String { "\(document):\(line)" }

        /// The commands of a block of shell, without comments; a line that ends in `\` goes on.
        var commands: [String] { DocumentedCommands.commands(in: text) }
    }

    /// The documents for users. The tutorial's commands are run by `Scripts/check-tutorial`, word for word.
    static let documents = [
        "README.md", "Examples/CrossAttention/README.md", "Examples/Creature/README.md",
        "Examples/CustomBackend/README.md"
    ]

    static func blocks(of document: String) throws -> [Block] {
        let text = try String(contentsOf: AttendProgram.root.appending(path: document), encoding: .utf8)
        var blocks: [Block] = []
        var open: (line: Int, language: String, lines: [String])?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            if line.hasPrefix("```") {
                if let block = open {
                    blocks.append(
                        Block(
                            document: document, line: block.line, language: block.language,
                            text: block.lines.joined(separator: "\n")))
                    open = nil
                } else {
                    open = (index + 1, String(line.dropFirst(3)), [])
                }
            } else {
                open?.lines.append(line)
            }
        }
        try #require(open == nil, "\(document): a block is not closed")
        return blocks
    }

    static func commands(in text: String) -> [String] {
        var (commands, begun) = ([String](), "")
        for line in text.components(separatedBy: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            if line.hasSuffix("\\") {
                begun += line.dropLast()
            } else {
                commands.append(begun + line)
                begun = ""
            }
        }
        return commands.map { command in
            // A comment behind a command.
            command.range(of: #"\s+# .*$"#, options: .regularExpression).map { String(command[..<$0.lowerBound]) }
                ?? command
        }
    }

    /// The examples in a command's help, as they are printed.
    static func examples(of command: String) throws -> [String] {
        let arguments = command == "attend" ? ["--help"] : [command, "--help"]
        let help = try AttendProgram.run(arguments, environment: ["COLUMNS": "60"])
        try #require(help.code == 0)
        let part = try #require(help.output.components(separatedBy: "EXAMPLES:\n").last, "no examples")
        return commands(in: part)
    }

    // MARK: Running

    /// A folder in which commands run as in a clone after `make demo`: the examples are there, and the model is in the cache.
    struct Clone {
        let path: String
        let environment: [String: String]

        init() throws {
            path = try AttendProgram.temporaryFolder()
            let files = FileManager.default
            try files.copyItem(
                atPath: AttendProgram.root.appending(path: "Examples").path, toPath: "\(path)/Examples")
            try files.createDirectory(atPath: "\(path)/cache", withIntermediateDirectories: true)
            let variables = ProcessInfo.processInfo.environment
            if let model = variables["ATTEND_MINILM"] {
                try files.createSymbolicLink(
                    atPath: "\(path)/cache/all-MiniLM-L6-v2", withDestinationPath: model)
            }
            let programs = try AttendProgram.folder()
            environment = [
                "ATTEND_CACHE": "\(path)/cache", "PATH": "\(programs):\(variables["PATH"] ?? "/usr/bin:/bin")",
                // As wide as what the documents show.
                "COLUMNS": "100"
            ]
        }

        func remove() { try? FileManager.default.removeItem(atPath: path) }

        func run(_ command: String) throws -> AttendProgram.Outcome {
            try AttendProgram.shell(command, in: path, environment: environment)
        }
    }
}
