import Foundation
import Testing

/// Help, usage errors and the version, as they are printed.
@Suite struct HelpTests {
    private static let commands = [
        "run", "eval", "explain", "count", "backends", "parity", "bench", "inspect", "rank", "tokenize"
    ]

    private func help(_ arguments: [String], width: Int = 80) throws -> String {
        let outcome = try AttendProgram.run(arguments, environment: ["COLUMNS": "\(width)"])
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.errors.isEmpty, "\(outcome)")
        return outcome.output
    }

    @Test(arguments: [("attend", "-h"), ("attend", "--help"), ("run", "-h"), ("run", "--help")])
    func `help is as it was recorded`(command: String, option: String) throws {
        let name = "\(command)\(option == "-h" ? "-short" : "").txt"
        let path = AttendProgram.root.appending(path: "Tests/CommandTests/Fixtures/help/\(name)")
        let found = try help(command == "attend" ? [option] : [command, option])
        if ProcessInfo.processInfo.environment["ATTEND_RECORD"] != nil {
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(found.utf8).write(to: path)
            Issue.record("\(name) is written anew; read the difference")
        }
        #expect(try found == String(contentsOf: path, encoding: .utf8))
    }

    @Test(arguments: commands) func `the short form is short, the long one whole`(command: String) throws {
        let (short, full) = (try help([command, "-h"]), try help([command, "--help"]))
        #expect(short.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
        #expect(short.contains("See attend \(command) --help for all options"))
        #expect(short.count < full.count)
        #expect(full.contains("EXAMPLES:\n  "))
        #expect(try help(["help", command]) == full)
        #expect(try help(["--help", command]) == full)
        for text in [short, full] { #expect(text.contains("USAGE:\n  attend \(command)")) }
    }

    @Test(arguments: commands, [60, 80, 200]) func `text is wrapped and examples are not`(
        command: String, width: Int
    ) throws {
        let parts = try help([command, "--help"], width: width).components(separatedBy: "\n\nEXAMPLES:\n")
        try #require(parts.count == 2)
        // A list of values is one word.
        let long = parts[0].split(separator: "\n").filter {
            $0.count > min(100, width) && $0.split(separator: " ").count > 1
        }
        #expect(long.isEmpty, "\(long)")
        #expect(try parts[1] == help([command, "--help"], width: 300).components(separatedBy: "\n\nEXAMPLES:\n")[1])
        for line in parts[1].split(separator: "\n") { #expect(line.count <= 96, "\(line)") }
    }

    @Test func `shared options stand under one heading`() throws {
        for command in ["run", "eval", "explain"] {
            let backends = try #require(
                help([command, "--help"]).components(separatedBy: "\nBACKENDS:\n").dropFirst().first, "\(command)")
            let section = try #require(backends.components(separatedBy: "\n\n").first)
            for option in ["--backend", "--fallback", "--placements", "--threads", "--plugin"] {
                #expect(section.contains("\n  \(option)") || section.hasPrefix("  \(option)"), "\(command) \(option)")
            }
        }
    }

    @Test func `an unknown option is named, with the one that was meant`() throws {
        for (arguments, word) in [
            (["run", "--modell", "x", "text"], "unknown option '--modell'; did you mean '--model'?"),
            (
                ["run", "--model", "x", "--Backend=simd", "text"],
                "unknown option '--Backend'; did you mean '--backend'?"
            ),
            (["eval", "g.json", "--inptus", "x"], "unknown option '--inptus'; did you mean '--inputs'?"),
            (["explain", "--zebra-crossing"], "unknown option '--zebra-crossing' (attend explain has no such option)"),
            (["parity", "--jbos", "0"], "unknown option '--jbos'; did you mean '--jobs'?"),
            (["run", "--preset", "gpt2", "--seed", "-1"], "--option=-1"), (["inspect", "-x"], "unknown option '-x'"),
            (["--verison"], "unknown option '--verison'; did you mean '--version'?")
        ] {
            let outcome = try AttendProgram.run(arguments)
            #expect(outcome.code == 64, "\(arguments)")
            #expect(outcome.output.isEmpty, "\(arguments)")
            #expect(outcome.errors.hasPrefix("attend: error: "), "\(outcome.errors)")
            #expect(outcome.errors.contains(word), "\(outcome.errors)")
        }
        // What follows two dashes is text.
        let text = try AttendProgram.run(["run", "--model", "/nowhere", "--", "--modell"])
        #expect(text.code == 5)
    }

    @Test func `a value is named, with the one that was meant`() throws {
        for (arguments, code, word) in [
            (["run", "--model", "x", "--backend", "SIMD", "a"], 4, "did you mean \"simd\"?"),
            (["run", "--model", "x", "--backend", "opncl", "a"], 4, "did you mean \"opencl\"?"),
            (["run", "--model", "x", "--backend", "Auto", "a"], 4, "did you mean \"auto\"?"),
            (["explain", "--step", "Mask"], 64, "did you mean \"mask\"?"),
            (["explain", "--layout", "Film"], 64, "did you mean \"film\"?"),
            (["explain", "--color", "allways"], 64, "did you mean \"always\"?"),
            (["run", "--preset", "gpt-3"], 64, "did you mean \"gpt3\"?"),
            (["count", "lama-3-8b"], 64, "did you mean \"llama-3-8b\"?"),
            (["count", "gpt2", "--dtype", "Float16"], 64, "did you mean \"float16\"?"),
            (
                ["inspect", "g.json", "--optimized", "--without-pass", "recognise-norms"], 64,
                "did you mean \"recognize-norms\"?"
            ),
            (["parity", "--operation", "layernorm"], 64, "did you mean \"layer_norm\"?"),
            (["parity", "--self-test", "--fault", "silu_hard"], 64, "did you mean \"silu-hard\"?"),
            (["explian"], 64, "did you mean \"explain\"?"), (["help", "evla"], 64, "did you mean \"eval\"?")
        ] as [([String], Int32, String)] {
            let outcome = try AttendProgram.run(arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)")
        }
    }

    @Test func `usage is of the command that failed`() throws {
        for (arguments, form) in [
            (["run"], "Usage: attend run --model <model> <texts> ..."), (["count", "gpt33"], "Usage: attend count "),
            (["inspect", "a", "b"], "Usage: attend inspect "), (["explain", "--words"], "Usage: attend explain "),
            (["parity", "--jobs=x"], "Usage: attend parity "), (["nonsense"], "Usage: attend <command>"),
            (["eval", "--print", "y"], "Usage: attend eval ")
        ] {
            let outcome = try AttendProgram.run(arguments)
            #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains(form), "\(arguments): \(outcome.errors)")
            #expect(outcome.errors.contains("--help' for more information"), "\(outcome.errors)")
        }
    }

    @Test func `the version tells what was built from what, and for whom`() throws {
        let text = try help(["--version"])
        #expect(
            text.wholeMatch(
                of: #/attend \d+\.\d+\.\d+ \(commit (\w+), (release|debug) build, Swift 6\.\d.*\)\n.+ processors?.*\n/#)
                != nil, "\(text)")
        // A build's commit is that of its sources, or it was built in no repository.
        let git = AttendProgram.root.appending(path: ".git").path
        guard FileManager.default.fileExists(atPath: git) else { return #expect(text.contains("commit unknown")) }
        #expect(!text.contains("commit unknown"))
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func `completions know names`(shell: String) throws {
        let script = try help(["--generate-completion-script", shell])
        for word in ["openblas", "llama-3-8b", "queries-and-keys", "merge-projections", "layer_norm", "bfloat16"] {
            #expect(script.contains(word), "\(word)")
        }
        let folders = try AttendProgram.run(["--generate-completion-script", "nonsense"])
        #expect(folders.code == 64)
        #expect(folders.errors.contains("bash"))
    }
}
