import AttendRuntime
import Foundation
import Testing

/// The example's head, its pattern as numbers and as a picture, and all that can be asked wrongly.
@Suite struct CrossAttentionExampleTests {
    private static let folder = AttendProgram.root.appending(path: "Examples/CrossAttention").path

    private func eval(
        _ arguments: String..., inputs: String = "\(folder)/sentence.json", environment: [String: String] = [:]
    ) throws -> AttendProgram.Outcome {
        try AttendProgram.run(
            ["eval", "\(Self.folder)/translate.json", "--inputs", inputs] + arguments, environment: environment)
    }

    private static let picture = """
        pattern  float32[1, 5, 7]
               the      black    cat      is       still    sleeping .
        le     ████████ ·        ·        ·        ·        ·        ·
        chat   ·        ·        ████████ ·        ·        ·        ·
        noir   ·        ████████ ·        ·        ·        ·        ·
        dort   ·        ·        ·        ▒▒▒▒▒▒▒▒ ·        ▓▓▓▓▓▓▓▓ ·
        encore ·        ·        ·        ·        ████████ ·        ·
        · less  ░ from 0.048  ▒ from 0.24  ▓ from 0.48  █ from 0.72  largest 0.957

        """

    @Test func `each word looks at the word that it translates`() throws {
        for backend in ["naive", "simd"] {
            let outcome = try eval("--print", "pattern", "--json", "--backend", backend)
            let report = try JSONNode(JSONValue(parsing: outcome.output))
            let outputs = try report.required("outputs").elements()
            #expect(try outputs.map { try $0.required("name").string() } == ["output", "pattern"])
            #expect(try outputs[0].optional("data") == nil)
            let pattern = try outputs[1].required("data").elements().map { try $0.number() }
            try #require(pattern.count == 35)
            // A pair of one meaning scores 4 · 3 / √6, all others 0.
            let same = exp(12 / 6.0.squareRoot())
            #expect(abs(pattern[7 + 2] - same / (same + 6)) < 1e-6)
            #expect(abs(pattern[7] - 1 / (same + 6)) < 1e-6)
            let (being, sleeping) = (exp(0.8 * 12 / 6.0.squareRoot()), same)
            #expect(abs(pattern[3 * 7 + 3] - being / (being + sleeping + 5)) < 1e-6)
            #expect(abs(pattern[3 * 7 + 5] - sleeping / (being + sleeping + 5)) < 1e-6)
        }
    }

    @Test func `a grid in a pipe is plain text`() throws {
        let outcome = try eval("--grid", "pattern")
        #expect(outcome.code == 0)
        #expect(outcome.output == Self.picture)
        // The README shows what the program draws.
        let readme = try String(contentsOfFile: "\(Self.folder)/README.md", encoding: .utf8)
        #expect(readme.contains(Self.picture))
    }

    @Test func `a terminal gets color, unless NO_COLOR or TERM forbid it`() throws {
        let arguments = ["eval", "\(Self.folder)/translate.json", "--inputs", "\(Self.folder)/sentence.json"]
        let grid = arguments + ["--grid", "pattern"]
        let plain = Self.picture.replacing("\n", with: "\r\n")
        #expect(try AttendProgram.runOnTerminal(grid).contains("\u{1B}[38;5;220m████████\u{1B}[0m"))
        #expect(try AttendProgram.runOnTerminal(grid, environment: ["NO_COLOR": "1"]) == plain)
        #expect(try AttendProgram.runOnTerminal(grid, environment: ["TERM": "dumb"]) == plain)
        #expect(try AttendProgram.runOnTerminal(grid + ["--color", "never"]) == plain)
        #expect(try AttendProgram.run(grid + ["--color", "always"]).output.contains("\u{1B}["))
        // Where words don't fit across, they are written downwards.
        let narrow = try AttendProgram.runOnTerminal(grid, columns: 40, environment: ["NO_COLOR": "1"])
        #expect(narrow.contains("\r\ndort   · · · ▒▒· ▓▓·\r\n"))
        #expect(narrow.contains("       t b c i s s .\r\n       h l a s t l"))
    }

    @Test func `numbers stand beside their words, five digits each`() throws {
        let outcome = try eval("--print", "output", "--labels", "target=the cat black sleeps 還")
        #expect(outcome.output.hasPrefix("output  float32[5, 8]\nthe       0.94596   0.018784  0.0070514"))
        #expect(outcome.output.contains("\n還      0.0070514  0.0070514"))
    }

    @Test func `what is asked wrongly is a usage error that says how`() throws {
        for (arguments, mentions) in [
            (["--grid", "patern"], ["\"patern\"", "did you mean \"pattern\"?", "output, pattern"]),
            (["--print", "x"], ["\"x\"", "output, pattern"]), ([], ["--output", "--print", "--grid"]),
            (["--grid", "pattern", "--labels", "target=a b"], ["--labels: expected 5 labels for \"target\", found 2"]),
            (["--grid", "pattern", "--labels", "targt=a"], ["\"targt\"", "did you mean \"target\"?"]),
            (["--grid", "pattern", "--labels", "le chat"], ["SYMBOL=", "\"le chat\""]),
            (["--grid", "pattern", "--json"], ["--print"]), (["--grid", "pattern", "--color", "blue"], ["auto"]),
            (["--print", "pattern", "--tolerance=-1"], ["--tolerance", "-1"])
        ] {
            let outcome = try AttendProgram.run(
                ["eval", "\(Self.folder)/translate.json", "--inputs", "\(Self.folder)/sentence.json"] + arguments)
            #expect(outcome.code == 64, "\(arguments): \(outcome)")
            #expect(outcome.output.isEmpty, "\(arguments): \(outcome)")
            for text in mentions { #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)") }
        }
    }

    @Test func `runs are held against each other`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let file = "\(folder)/reference.safetensors"
        #expect(try eval("--output", file, "--backend", "reference").code == 0)
        let same = try eval("--compare", file, "--backend", "reference")
        #expect(same.code == 0)
        #expect(same.output.contains("pattern  equals that in \(file)"))
        #expect(try eval("--compare", file, "--backend", "simd").code == 0)

        var spoiled = try SafetensorsFile(file).tensor(named: "pattern").floats()
        spoiled[9] = .nan
        let output = try SafetensorsFile(file).tensor(named: "output")
        try SafetensorsFile.write(["output": output, "pattern": Tensor(spoiled, shape: [1, 5, 7])], to: file)
        let other = try eval("--compare", file, "--tolerance", "1e30")
        #expect(other.code == 1)
        #expect(other.errors.contains("[0, 1, 2]"))
        #expect(other.errors.contains("nan"))
        let report = try JSONNode(JSONValue(parsing: eval("--compare", file, "--json").output))
        let pattern = try report.required("differences").elements()[1]
        #expect(try pattern.required("worst").string() == "inf")
        #expect(try !pattern.required("within_tolerance").bool())

        try SafetensorsFile.write(["output": output, "pattern": Tensor(zeros: [5, 7])], to: file)
        let shape = try eval("--compare", file)
        #expect(shape.code == 1)
        #expect(shape.errors.contains("float32[5, 7]"))
        try SafetensorsFile.write(["output": output], to: file)
        let missing = try eval("--compare", file)
        #expect(missing.code == 5)
        #expect(missing.errors.contains("\"pattern\""))
    }
}
