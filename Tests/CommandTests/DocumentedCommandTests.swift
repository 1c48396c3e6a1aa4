import Foundation
import Testing

/// What README and help show can be pasted after `make demo`.
@Suite struct DocumentedCommandTests {
    /// Commands that are not run here, and why. Each stands in a document or in help.
    private static let leftOut: [String: String] = [
        "make demo": "builds the package and fetches the model: continuous integration's test command begins so",
        "make install PREFIX=\"$HOME/.local\"": "builds the whole package once more, with Swift's libraries inside",
        "export PATH=\"$PWD/.build/release:$PATH\"": "the tests' PATH has the program",
        "export PATH=\"$HOME/.local/bin:$PATH\"": "the tests' PATH has the program",
        "swift package --allow-writing-to-package-directory new-backend abacus":
            "needs a package: Scripts/check-tutorial runs it in a clone",
        "(cd abacus && swift package parity --backend abacus --operation add)":
            "needs the new package: Scripts/check-tutorial runs it",
        "attend run --model all-MiniLM-L6-v2 --plugin ./abacus/.build/release/libabacus.so --backend abacus --fallback simd \"a cat\" \"a kitten\"":
            "needs the new package: Scripts/check-tutorial runs it",
        "attend run --preset gpt3-attention-block --tokens 128 --backend openblas":
            "takes 4.6 GiB: PresetRunTests has it with ATTEND_LARGE=1",
        "attend rank --model ms-marco-MiniLM-L6-v2 \"how tall are giraffes\" \"Giraffes: 5 m\" \"Cats sleep\"":
            "needs a cross-encoder: RankCommandTests has a little one",
        "attend run --model gpt2 --generate 20 \"Once upon a time\"":
            "needs a decoder: GenerationCommandTests has a little one",
        "attend run --preset gpt2 --tokens 16": "takes 1 GiB: PresetRunTests runs small presets",
        "attend parity": "takes minutes: the parity kit's own tests run it by parts",
        "attend parity --backend simd --deep": "takes up to an hour",
        "attend parity --time 60s": "takes a minute; CommandLineTests run it with less time",
        "attend parity --quick": "takes a minute: make demo runs it",
        "attend parity --quick --junit parity.xml --html parity.html":
            "takes a minute; CommandLineTests run both files",
        "attend parity --backend simd --quick": "takes half a minute: make demo runs it for all backends",
        "attend parity --backend simd --quick --timeout 10 --junit parity.xml --html parity.html":
            "takes half a minute; CommandLineTests run each option",
        "attend parity --self-test": "takes minutes: SelfTestTests run it by parts",
        "attend parity --self-test --mutants 2000": "takes half an hour: MutantTests run a hundred"
    ]

    /// What does here what a command does in a clone, without building first.
    private static let standIns = ["swift run -c release two-heads": "two-heads"]

    private static let commands = [
        "attend", "run", "eval", "explain", "count", "backends", "parity", "bench", "inspect", "rank", "tokenize",
        "quantize"
    ]

    private static let hasModel = ProcessInfo.processInfo.environment["ATTEND_MINILM"] != nil

    @Test func `every block of a document says what it is, and none has prompts`() throws {
        for block in try DocumentedCommands.documents.flatMap(DocumentedCommands.blocks) {
            #expect(["sh", "text", "swift", "json", "c"].contains(block.language), "\(block)")
            #expect(!block.text.hasPrefix("$ "), "\(block): a prompt can't be pasted")
            #expect(!block.text.contains("\n$ "), "\(block): a prompt can't be pasted")
            if block.language == "sh" { #expect(!block.commands.isEmpty, "\(block)") }
            if block.language == "text" { #expect(!block.text.hasPrefix("attend "), "\(block): is a command") }
        }
    }

    @Test func `what is left out stands in a document or in help`() throws {
        let shown = Set(
            try DocumentedCommands.documents.flatMap(DocumentedCommands.blocks).filter { $0.language == "sh" }
                .flatMap(\.commands) + Self.commands.flatMap(DocumentedCommands.examples))
        for command in Self.leftOut.keys.sorted() { #expect(shown.contains(command), "\(command)") }
        for command in Self.standIns.keys { #expect(shown.contains(command), "\(command)") }
    }

    @Test(
        .enabled(if: hasModel, "ATTEND_MINILM names no folder"), arguments: DocumentedCommands.documents)
    func `the commands of a document run`(document: String) throws {
        let clone = try DocumentedCommands.Clone()
        defer { clone.remove() }
        for block in try DocumentedCommands.blocks(of: document) where block.language == "sh" {
            for command in block.commands where Self.leftOut[command] == nil {
                let outcome = try clone.run(Self.standIns[command] ?? command)
                #expect(outcome.code == 0, "\(block): \(command)\n\(outcome.errors)")
                #expect(!outcome.isSignal, "\(block): \(command)\n\(outcome.errors)")
            }
        }
    }

    @Test(.enabled(if: hasModel, "ATTEND_MINILM names no folder"), arguments: commands)
    func `the examples in help run`(command: String) throws {
        let clone = try DocumentedCommands.Clone()
        defer { clone.remove() }
        let examples = try DocumentedCommands.examples(of: command)
        #expect(!examples.isEmpty)
        var folder = ""
        for example in examples where Self.leftOut[example] == nil {
            #expect(example.hasPrefix("attend ") || example.hasPrefix("cd ") || example.contains("| attend "))
            let outcome = try clone.run(folder + example)
            #expect(outcome.code == 0, "\(example)\n\(outcome.errors)")
            #expect(!outcome.isSignal, "\(example)\n\(outcome.errors)")
            // The shell that the examples are pasted into stays in a folder.
            if example.hasPrefix("cd "), !example.contains("&&") { folder = "\(example); " }
        }
    }

    @Test func `what a document prints is what the program prints`() throws {
        let clone = try DocumentedCommands.Clone()
        defer { clone.remove() }
        let blocks = try DocumentedCommands.blocks(of: "README.md")
        for (block, shown) in zip(blocks, blocks.dropFirst()) where shown.language == "text" {
            let command = try #require(block.commands.last, "\(shown): nothing printed it")
            #expect(block.language == "sh", "\(shown): follows no command")
            // Of what has times and a processor's name, the rest is held.
            guard Self.leftOut[command] == nil, Self.hasModel || !command.contains("all-MiniLM") else { continue }
            let printed = try clone.run(command).output
            for line in shown.text.split(separator: "\n").map(String.init)
            where !["time ", "device ", "backend "].contains(where: line.hasPrefix) {
                let known = line.trimmingCharacters(in: .whitespaces)
                #expect(
                    printed.contains(known) || known.hasSuffix("--step pattern"), "\(shown): \"\(line)\"\n\(printed)")
            }
        }
    }
}
