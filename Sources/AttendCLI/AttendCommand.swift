import ArgumentParser

@main
struct AttendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attend",
        abstract: "Attention on any hardware: run transformers and graphs on a backend of your choice.",
        discussion: """
            EXAMPLES
              attend run --model all-MiniLM-L6-v2 --backend openblas "a cat" "a kitten" "a car"
              attend eval head.json --inputs in.safetensors --output out.safetensors --backend simd
              attend eval head.json --inputs sentence.json --grid pattern
              attend explain
              attend count gpt3
              attend backends
              attend parity --backend simd --quick
              attend inspect model.safetensors

            Data goes to stdout, progress and errors to stderr. Exit codes: 0 ok, 1 failure,
            3 a backend computes something else, 4 backend unavailable, 5 bad file, 64 usage.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, EvalCommand.self, ExplainCommand.self, CountCommand.self, BackendsCommand.self,
            ParityCommand.self,
            InspectCommand.self
        ])

    static func main() {
        StderrLog.bootstrap()
        main(nil)
    }
}
