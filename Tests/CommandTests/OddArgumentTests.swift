import AttendRuntime
import Foundation
import Testing

/// What nobody should write on a command line, and what the program makes of it: a message and a code that is documented, never
/// a trap.
@Suite struct OddArgumentTests {
    private static let codes: Set<Int32> = [0, 1, 3, 4, 5, 64]

    /// Small files of every kind that a command may be given.
    private static func fill(_ folder: String) throws {
        func write(_ text: String, _ name: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        try write(
            #"{"attend": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": ["n"]}], "nodes": [{"name": "p", "op": "softmax", "inputs": {"input": "x"}}], "outputs": {"pattern": "p"}}"#,
            "graph.json")
        try SafetensorsFile.write(["x": Tensor([1, 2, 3] as [Float], shape: [3])], to: "\(folder)/in.safetensors")
        try write("", "empty")
        try write("{}", "braces.json")
        try write("[1, 2]", "list.json")
        try write("plain words\n", "words.txt")
        try write("{\"model_type\": \"bert\"}", "config.json")
        try write("{\"attend_tensors\": 1, \"tensors\": []}", "none.json")
        try FileManager.default.createDirectory(atPath: "\(folder)/folder", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/dead", withDestinationPath: "\(folder)/nowhere")
    }

    private static let files = [
        "", " ", ".", "..", "/", "/dev/null", "/dev/zero", "/dev/full", "/nowhere", "empty", "braces.json", "list.json",
        "words.txt", "config.json", "none.json", "folder", "dead", "in.safetensors", "graph.json", "graph.json/x",
        "\u{1B}[31m", "🙂", String(repeating: "x", count: 5000)
    ]

    private static let numbers = [
        "", " ", "x", "0", "-1", "1e3", "0x10", "nan", "inf", "-inf", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "1e308", "٣", "1,2", "1."
    ]

    private func check(_ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
        let command = "exec attend \"$@\""
        let words = arguments.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        let outcome = try AttendProgram.shell(
            "set -- \(words); \(command)", in: folder,
            environment: ["PATH": try AttendProgram.folder(), "ATTEND_CACHE": "\(folder)/cache"].merging(environment) {
                $1
            })
        #expect(!outcome.isSignal, "\(arguments) ended by signal \(outcome.code)\n\(outcome.errors)")
        #expect(Self.codes.contains(outcome.code), "\(arguments): code \(outcome.code)\n\(outcome.errors)")
        guard outcome.code != 0, outcome.code != 3 else { return }
        let isTold = outcome.errors.split(separator: "\n").contains { $0.hasPrefix("attend: error: ") }
        #expect(isTold, "\(arguments): \(outcome.errors)")
        #expect(!outcome.errors.contains("Fatal error"), "\(arguments)")
        #expect(outcome.errors.count < 20_000, "\(arguments)")
    }

    private func inFolder(_ body: (_ folder: String) throws -> Void) throws {
        let folder = try AttendProgram.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.fill(folder)
        try body(folder)
    }

    @Test(arguments: [
        ["inspect"], ["inspect", "--optimized"], ["inspect", "--json"], ["count"], ["count", "--json"],
        ["eval", "--print", "pattern"], ["eval", "--inputs", "in.safetensors", "--grid", "pattern"],
        ["explain", "--model"], ["run", "text", "--model"], ["parity", "--backend", "simd", "--graph"],
        ["parity", "--backend", "simd", "text", "--model"], ["run", "--model", "/", "--texts"],
        ["run", "--preset"], ["run", "--plugin"]
    ])
    func `files that are none`(command: [String]) throws {
        let turn = command.joined().utf8.reduce(0) { $0 + Int($1) }
        try inFolder { folder in
            // Each file with every third command: they share their readers.
            for (index, file) in Self.files.enumerated() where (index + turn) % 3 == 0 {
                // Reading zeros for ever is what the limit of texts is for; it takes its time.
                if command.last == "--texts", file == "/dev/zero" { continue }
                // A graph that is one needs its inputs.
                try check(command + [file], in: folder)
            }
        }
    }

    @Test(arguments: [
        ["eval", "graph.json", "--print", "pattern", "--inputs"],
        ["eval", "graph.json", "--inputs", "in.safetensors", "--compare"],
        ["parity", "--backend", "simd", "--graph", "graph.json", "--inputs"]
    ])
    func `inputs that are none`(command: [String]) throws {
        try inFolder { folder in
            for file in Self.files { try check(command + [file], in: folder) }
        }
    }

    @Test func `outputs that can't be written`() throws {
        try inFolder { folder in
            let eval = ["eval", "graph.json", "--inputs", "in.safetensors"]
            for place in ["", ".", "folder", "/dev/full", "/nowhere/x", "dead", "words.txt/x", "/proc/x", "/dev/null"] {
                try check(eval + ["--output", place], in: folder)
                try check(eval + ["--print", "pattern", "--trace", place], in: folder)
                try check(["count", "gpt2", "--context", "8", "--svg", place], in: folder)
                try check(["explain", "--svg", place], in: folder)
                try check(
                    ["parity", "--backend", "simd", "--operation", "abs", "--quick", "--jobs", "0", "--junit", place],
                    in: folder)
            }
            let failed = try AttendProgram.run(
                ["eval", "\(folder)/graph.json", "--inputs", "\(folder)/in.safetensors", "--output", "\(folder)/folder"]
            )
            #expect(failed.code == 5, "\(failed.errors)")
            #expect(failed.errors.contains("folder: can't write it: it is a folder"), "\(failed.errors)")
        }
    }

    @Test func `numbers that are none`() throws {
        try inFolder { folder in
            for (index, number) in Self.numbers.enumerated() {
                for (turn, command) in [
                    ["explain", "--layer"], ["explain", "--head"], ["explain", "--threads"], ["backends", "--threads"],
                    ["count", "gpt2", "--context"], ["count", "graph.json", "--symbol"],
                    ["run", "--preset", "none.json", "--tokens"], ["run", "--preset", "none.json", "--seed"],
                    ["eval", "graph.json", "--print", "pattern", "--inputs", "in.safetensors", "--tolerance"],
                    ["eval", "graph.json", "--print", "pattern", "--inputs", "in.safetensors", "--shadow"],
                    ["eval", "graph.json", "--print", "pattern", "--inputs", "in.safetensors", "--symbol"]
                ].enumerated() {
                    var joined = command
                    joined[joined.count - 1] += "=\(number)"
                    try check((index + turn) % 2 == 0 ? command + [number] : joined, in: folder)
                }
                try check(
                    [
                        "eval", "graph.json", "--print", "pattern", "--inputs", "in.safetensors", "--symbol",
                        "n=\(number)"
                    ], in: folder)
                try check(["count", "graph.json", "--symbol", "n=\(number)"], in: folder)
                for option in ["--seeds", "--seed", "--jobs", "--timeout", "--threads"] {
                    try check(
                        ["parity", "--backend", "none", "--operation", "abs", "--quick", "\(option)=\(number)"],
                        in: folder)
                }
            }
        }
    }

    @Test func `an environment that is none`() throws {
        try inFolder { folder in
            for number in Self.numbers {
                try check(["explain", "--step", "pattern"], in: folder, environment: ["COLUMNS": number])
                try check(["run", "--help"], in: folder, environment: ["COLUMNS": number])
                try check(["count", "gpt2", "--context", "8"], in: folder, environment: ["COLUMNS": number])
            }
            for (name, value) in [
                ("ATTEND_BACKEND", "SIMD"), ("ATTEND_BACKEND", " "), ("ATTEND_CACHE", "words.txt"),
                ("ATTEND_PLUGINS", "::"), ("ATTEND_PLUGINS", "x"), ("HOME", ""), ("XDG_CACHE_HOME", "relative"),
                ("ATTEND_OPENBLAS", "folder")
            ] {
                try check(["explain", "--step", "pattern"], in: folder, environment: [name: value])
                try check(["backends"], in: folder, environment: [name: value])
            }
        }
    }

    @Test func `words that are none`() throws {
        try inFolder { folder in
            for words in [
                [""], ["-"], ["--"], ["---"], ["-x"], ["--="], ["=", "x"], ["help", ""], ["help", "x"],
                ["help", "run", "x"],
                ["run", ""], ["run", "--"], ["run", "--model"], ["run", "--model=", "x"], ["run", "--model", "--json"],
                ["run", "--capture", "x"], ["run", "--model", "x", "--output", "y"], ["explain", "", ""],
                ["explain", ""],
                ["explain", "--words", "", "", ""], ["explain", "--token", ""], ["explain", "--step", ""],
                ["explain", String(repeating: "blue ", count: 10_000)], ["parity", "--case", ""],
                ["parity", "--case", "abs[seed=99999999999999999999]"], ["parity", "--operation", ","],
                ["parity", "--backend", ","], ["parity", "--self-test", "--fault", ""],
                ["count", "--dtype", "int8", "gpt2"],
                ["eval", "graph.json", "--inputs", "in.safetensors", "--labels", "=", "--grid", "pattern"],
                ["eval", "graph.json", "--inputs", "in.safetensors", "--labels", "n=", "--print", "pattern"],
                ["eval", "graph.json", "--inputs", "in.safetensors", "--print", ""],
                ["inspect", "graph.json", "--without-pass", ""]
            ] {
                try check(words, in: folder)
            }
        }
    }

    @Test func `a reader that is gone ends the program quietly, a full disk with a word`() throws {
        try inFolder { folder in
            let environment = ["PATH": "\(try AttendProgram.folder()):/usr/bin:/bin"]
            let gone = try AttendProgram.shell(
                "{ attend count gpt3; echo $? >&2; } | head -n 1", in: folder, environment: environment)
            // All may be written before the reader goes.
            #expect(["0\n", "1\n"].contains(gone.errors), "\(gone.errors)")
            let early = try AttendProgram.shell(
                "(sleep 0.2; attend count gpt2; echo $? >&2) | true", in: folder, environment: environment)
            #expect(early.errors == "1\n", "\(early.errors)")
            let closed = try AttendProgram.shell("attend count gpt2 >&-", in: folder, environment: environment)
            #expect(closed.code == 1)
            #expect(closed.errors.contains("attend: error: can't write to stdout"))
            // What is opened later must not get the place of a stream that was closed.
            let kept = try AttendProgram.shell(
                "attend eval graph.json --inputs in.safetensors --output out.safetensors >&-", in: folder,
                environment: environment)
            #expect(kept.code == 1)
            #expect(try SafetensorsFile("\(folder)/out.safetensors").entries.map(\.name) == ["pattern"])
            let mute = try AttendProgram.shell(
                "attend count gpt2 2>&- | tail -n 1", in: folder, environment: environment)
            #expect(mute.code == 0)
            #expect(!mute.output.isEmpty)
            #if os(Linux)
                let full = try AttendProgram.shell(
                    "attend count gpt2 > /dev/full", in: folder, environment: environment)
                #expect(full.code == 1)
                #expect(full.errors.contains("can't write to stdout"))
                let help = try AttendProgram.shell("attend --help > /dev/full", in: folder, environment: environment)
                #expect(help.code == 1)
                #expect(help.errors.contains("can't write to stdout"))
            #endif
        }
    }
}
