import AttendRuntime
import Foundation
import Testing

/// `attend run --texts`: one text a line, from a file or from standard input.
@Suite struct TextsOptionTests {
    private static let hasModel = ProcessInfo.processInfo.environment["ATTEND_MINILM"] != nil

    private func inFolder(_ body: (_ folder: String) throws -> Void) throws {
        let folder = try AttendProgram.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    // MARK: What is refused, before any model is read

    @Test func `a line that is not UTF-8 is named`() throws {
        try inFolder { folder in
            let path = "\(folder)/texts.txt"
            for (bytes, place) in [
                (Array("one\ntwo\nb\u{e9}".utf8.dropLast(1)), "line 3, byte 2: 0xC3"),
                ([0xFF, 0x0A], "line 1, byte 1: 0xFF"),
                (Array("ok\r\nab".utf8) + [0xC0, 0x80, 0x0A], "line 2, byte 3: 0xC0"),
                // A surrogate is none of UTF-8's characters.
                ([0x61, 0x0A, 0x62, 0xED, 0xA0, 0x80], "line 2, byte 2: 0xED")
            ] {
                try write(bytes, path)
                let outcome = try AttendProgram.run(["run", "--model", "/", "--texts", path])
                #expect(outcome.code == 5, "\(outcome)")
                #expect(outcome.errors.contains(path), "\(outcome)")
                #expect(outcome.errors.contains("\(place) is not UTF-8"), "\(outcome.errors)")
            }
            try write([0xFF, 0xFE, 0x61, 0x00], path)
            let wide = try AttendProgram.run(["run", "--model", "/", "--texts", path])
            #expect(wide.code == 5)
            #expect(wide.errors.contains("UTF-16"))
        }
    }

    @Test func `a file without texts, a folder and what is missing are errors`() throws {
        try inFolder { folder in
            let path = "\(folder)/texts.txt"
            for content in ["", "\n", "\r\n \r\n\t\n", "\u{FEFF}"] {
                try write(Array(content.utf8), path)
                let outcome = try AttendProgram.run(["run", "--model", "/", "--texts", path])
                #expect(outcome.code == 5, "\(outcome.errors)")
                #expect(outcome.errors.contains("holds no text"), "\(outcome.errors)")
            }
            for (name, word) in [
                (folder, "is a folder"), ("\(folder)/none", "can't open it"), ("", "is not a file name"),
                ("\(path)/x", "can't open it")
            ] {
                let outcome = try AttendProgram.run(["run", "--model", "/", "--texts", name])
                #expect(outcome.code == 5, "\(outcome.errors)")
                #expect(outcome.errors.contains(word), "\(outcome.errors)")
            }
            let both = try AttendProgram.run(["run", "--model", "/", "--texts", path, "text"])
            #expect(both.code == 64)
            #expect(both.errors.contains("not from both"))
            let preset = try AttendProgram.run(["run", "--preset", "gpt2", "--texts", path])
            #expect(preset.code == 64)
            #expect(preset.errors.contains("--preset"))
            let empty = try AttendProgram.run(["run", "--model", "/", "--texts", "-"], input: "")
            #expect(empty.code == 5)
            #expect(empty.errors.contains("standard input: holds no text"))
        }
    }

    // MARK: What is read

    private func embeddings(_ arguments: [String], input: String? = nil) throws -> (texts: [String], rows: [[Double]]) {
        let model = try #require(ProcessInfo.processInfo.environment["ATTEND_MINILM"])
        let outcome = try AttendProgram.run(
            ["run", "--model", model, "--json", "--backend", "simd"] + arguments, input: input)
        try #require(outcome.code == 0, "\(outcome.errors)")
        let root = try JSONNode(JSONValue(parsing: outcome.output))
        return (
            try root.required("texts").elements().map { try $0.string() },
            try root.required("embeddings").elements().map { try $0.elements().map { try $0.number() } }
        )
    }

    @Test(.enabled(if: hasModel, "ATTEND_MINILM names no folder"))
    func `lines are the texts, whatever ends them`() throws {
        let texts = ["a cat", "deux chats", "  three dogs "]
        let expected = try embeddings(texts)
        try inFolder { folder in
            for content in [
                texts.joined(separator: "\n"), texts.joined(separator: "\n") + "\n",
                texts.joined(separator: "\r\n") + "\r\n", "\u{FEFF}" + texts.joined(separator: "\n"),
                "\n\n" + texts.joined(separator: "\n \n")
            ] {
                let path = "\(folder)/texts.txt"
                try write(Array(content.utf8), path)
                let found = try embeddings(["--texts", path])
                #expect(found.texts == texts)
                #expect(found.rows == expected.rows)
                #expect(try embeddings(["--texts", "-"], input: content).rows == expected.rows)
            }
        }
        let model = try #require(ProcessInfo.processInfo.environment["ATTEND_MINILM"])
        let told = try AttendProgram.run(["run", "--model", model, "--texts", "-"], input: "a\n\n\nb\n")
        #expect(told.code == 0)
        #expect(told.errors.contains("skipped 2 empty lines, the first is line 2"))
    }

    @Test(.enabled(if: hasModel, "ATTEND_MINILM names no folder"))
    func `many texts run in parts and keep their order`() throws {
        let words = [
            "cat", "green forest", "the tax form of last year", "mole", "a very long walk along the river bank"
        ]
        let texts = (0..<70).map { "\(words[$0 % words.count]) number \($0)" }
        let all = try embeddings(["--texts", "-"], input: texts.joined(separator: "\n"))
        #expect(all.texts == texts)
        #expect(all.rows.count == 70)
        // A backend that promises the same bits whatever is in the batch keeps it here.
        for index in [0, 33, 69] { #expect(try all.rows[index] == embeddings([texts[index]]).rows[0], "\(index)") }
        let model = try #require(ProcessInfo.processInfo.environment["ATTEND_MINILM"])
        let table = try AttendProgram.run(
            ["run", "--model", model, "--texts", "-"], environment: ["COLUMNS": "80"],
            input: texts.joined(separator: "\n"))
        #expect(table.code == 0)
        #expect(table.output.contains("most similar text"))
        #expect(table.output.contains("for 70 texts"))
        for line in table.output.split(separator: "\n").prefix(70) { #expect(line.count <= 80, "\(line)") }
    }

    @Test(.enabled(if: hasModel, "ATTEND_MINILM names no folder"))
    func `long texts are shortened to the terminal's width, and none steers it`() throws {
        let model = try #require(ProcessInfo.processInfo.environment["ATTEND_MINILM"])
        let long = String(repeating: "word ", count: 60)
        let outcome = try AttendProgram.run(
            ["run", "--model", model, long, "a\u{1B}[31mcat", String(repeating: "猫", count: 60)],
            environment: ["COLUMNS": "70"])
        #expect(outcome.code == 0)
        #expect(!outcome.output.contains("\u{1B}"))
        let rows = outcome.output.split(separator: "\n").prefix(4)
        #expect(rows.allSatisfy { $0.count <= 70 })
        #expect(rows[1].hasSuffix("…"))
        #expect(rows[3].hasSuffix("…"))
    }
}
