import ArgumentParser
import Foundation

@main
struct AttendCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "attend",
        abstract: "Attention on any hardware: run transformers and graphs on a backend of your choice.",
        usage: "attend <command> [<options>]",
        discussion: """
            Data goes to stdout, progress and errors to stderr. Exit codes: 0 ok, 1 failure, 3 parity mismatch, 4 \
            backend unavailable or without an operation, 5 bad file, 64 usage, 130 interrupted.

            attend COMMAND -h shows the most used options, attend COMMAND --help all options; attend \
            --generate-completion-script bash (or zsh, fish) prints completions.
            """,
        version: Version.number,
        subcommands: [
            RunCommand.self, EvalCommand.self, ExplainCommand.self, CountCommand.self, BackendsCommand.self,
            ParityCommand.self, BenchCommand.self, InspectCommand.self, RankCommand.self,
            TokenizeCommand.self, QuantizeCommand.self
        ])

    static let examples = [
        "attend run --model all-MiniLM-L6-v2 \"a cat\" \"a kitten\" \"a car\"", "attend explain", "attend count gpt3",
        "attend backends", "attend parity --backend simd --quick", "attend inspect all-MiniLM-L6-v2 --optimized"
    ]
    static let essentials = ["version"]

    static func main() {
        Streams.prepare()
        Interrupt.shared.prepare()
        StderrLog.bootstrap()
        Foundation.exit(Invocation(words: Array(CommandLine.arguments.dropFirst())).perform())
    }
}
