import AttendRuntime
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// `attend explain` as a user meets it. What its numbers are is checked for every backend beside the backends' other tests.
@Suite struct ExplainCommandTests {
    private static let example = AttendProgram.root.appending(path: "Examples/Creature").path
    private static let snapshots = AttendProgram.root.appending(path: "Tests/CommandTests/Fixtures/explain").path

    private func explain(_ arguments: String..., width: Int = 120) throws -> AttendProgram.Outcome {
        try AttendProgram.run(
            ["explain", "--backend", "reference"] + arguments, environment: ["COLUMNS": "\(width)", "NO_COLOR": ""])
    }

    private func steps(_ arguments: String...) throws -> [String: JSONNode] {
        let outcome = try AttendProgram.run(["explain", "--json"] + arguments)
        try #require(outcome.code == 0, "\(outcome.errors)")
        let list = try JSONNode(JSONValue(parsing: outcome.output)).required("steps").elements()
        return try Dictionary(uniqueKeysWithValues: list.map { (try $0.required("step").string(), $0) })
    }

    /// Written anew with ATTEND_RECORD=1, which fails the test so that nobody records without looking.
    @Test(arguments: [60, 120], ["never", "always"])
    func `the story reads as it should`(width: Int, color: String) throws {
        let outcome = try explain("--color", color, width: width)
        #expect(outcome.code == 0)
        #expect(outcome.errors.hasPrefix("computed on reference"))
        let path = "\(Self.snapshots)/width-\(width)\(color == "always" ? "-color" : "").txt"
        if ProcessInfo.processInfo.environment["ATTEND_RECORD"] != nil {
            try outcome.output.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record("recorded \(path)")
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        for (found, goal) in zip(outcome.output.split(separator: "\n"), expected.split(separator: "\n")) {
            try #require(found == goal)
        }
        #expect(outcome.output == expected)
        if color == "never" {
            #expect(!expected.contains("\u{1B}"))
            #expect(expected.split(separator: "\n").allSatisfy { $0.count <= width && $0.last != " " })
        } else {
            let plain = expected.replacing(#/\u{1B}\[[0-9;]*m/#, with: "")
            #expect(try plain == explain(width: width).output)
            #expect(plain != expected)
        }
    }

    @Test func `the README shows a part of it`() throws {
        let readme = try String(contentsOf: AttendProgram.root.appending(path: "README.md"), encoding: .utf8)
        let pattern = try explain("--step", "pattern", width: 100).output
        #expect(readme.contains(pattern.split(separator: "\n").dropFirst(3).joined(separator: "\n")))
    }

    @Test func `a terminal gets color and its own width`() throws {
        let arguments = ["explain", "--step", "pattern"]
        let colored = try AttendProgram.runOnTerminal(arguments, columns: 80)
        #expect(colored.contains("\u{1B}[1m8. The attention pattern\u{1B}[0m"))
        #expect(colored.contains("\u{1B}[38;5;35m⬤\u{1B}[0m"))
        let plain = try AttendProgram.runOnTerminal(arguments, columns: 80, environment: ["NO_COLOR": "1"])
        #expect(!plain.contains("\u{1B}"))
        #expect(plain.contains("8. The attention pattern"))
    }

    @Test func `another weight gives other numbers, from where it is used on`() throws {
        let folder = try copy()
        let file = try SafetensorsFile("\(folder)/creature.safetensors")
        var tensors: [String: Tensor] = [:]
        for entry in file.entries { tensors[entry.name] = try file.tensor(named: entry.name) }
        let query = try #require(tensors["layers/0/attention/query"])
        var numbers = try query.floats()
        numbers[0] += 0.5
        tensors["layers/0/attention/query"] = try Tensor(numbers, shape: query.shape)
        let before = try steps("--model", "\(folder)/creature.json")
        #expect(try before.mapValues(\.value) == steps().mapValues(\.value))
        try SafetensorsFile.write(tensors, to: "\(folder)/creature.safetensors")
        let after = try steps("--model", "\(folder)/creature.json")
        for step in ["lookup", "positions", "values", "cross-attention"] {
            #expect(before[step]?.value == after[step]?.value, "\(step)")
        }
        for step in [
            "queries-and-keys", "products", "scale", "mask", "softmax", "pattern", "change", "heads", "output-matrix",
            "blocks", "prediction"
        ] { #expect(before[step]?.value != after[step]?.value, "\(step)") }
    }

    private func copy() throws -> String {
        let folder = try AttendProgram.temporaryFolder()
        for name in ["creature.json", "creature.safetensors", "creature.words.json"] {
            try FileManager.default.copyItem(atPath: "\(Self.example)/\(name)", toPath: "\(folder)/\(name)")
        }
        return folder
    }

    // MARK: Odd tokens

    private static let odd = [
        "fluffy": "</tag>", "blue": "שלום", "creature": "森林の生き物", "roamed": "\u{1B}[31mred\u{7}\u{202E}",
        "verdant": String(repeating: "x", count: 10_000), "forest": "e" + String(repeating: "\u{301}", count: 500)
    ]

    private func oddFolder() throws -> String {
        let folder = try copy()
        let path = "\(folder)/creature.words.json"
        let root = try JSONValue(parsing: String(contentsOfFile: path, encoding: .utf8))
        guard case .object(var members) = root else { return folder }
        for index in members.indices {
            switch members[index].value {
            case .array(let words) where members[index].key == "vocabulary":
                members[index].value = .array(
                    words.map { if case .string(let word) = $0 { .string(Self.odd[word] ?? word) } else { $0 } })
            case .string where members[index].key == "text":
                let words = "a fluffy blue creature roamed the verdant forest".split(separator: " ")
                members[index].value = .string(words.map { Self.odd[String($0)] ?? String($0) }.joined(separator: " "))
            default: break
            }
        }
        try JSONValue.object(members).serialized().write(toFile: path, atomically: true, encoding: .utf8)
        return folder
    }

    /// Columns as a terminal counts them, for the characters that these tests use.
    private func columns(_ line: Substring) -> Int {
        line.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first?.value, !(0x2066...0x2069).contains(scalar) else {
                return sum
            }
            return sum + ((0x3000...0x9FFF).contains(scalar) ? 2 : 1)
        }
    }

    @Test(arguments: ["film", "rows"]) func `odd tokens print sanely`(layout: String) throws {
        let folder = try oddFolder()
        let model = "\(folder)/creature.json"
        for width in [60, 120] {
            let outcome = try explain("--model", model, "--layout", layout, "--token", "森林の生き物", width: width)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let lines = outcome.output.split(separator: "\n")
            #expect(lines.allSatisfy { columns($0) <= width }, "\(lines.filter { columns($0) > width })")
            #expect(lines.allSatisfy { line in !line.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E } })
            #expect(outcome.output.contains("</tag>"))
            // Hebrew stands in isolation, so that the numbers beside it keep their order.
            #expect(outcome.output.contains("\u{2068}שלום\u{2069}"))
            #expect(lines.allSatisfy { line in line.allSatisfy { $0.unicodeScalars.count <= 16 } })
        }
        let picture = "\(folder)/picture.svg"
        let outcome = try explain("--model", model, "--layout", layout, "--json", "--svg", picture)
        let tokens = try JSONNode(JSONValue(parsing: outcome.output)).required("tokens").elements()
        try #require(try tokens[6].string().count == 10_000)
        #expect(try tokens[1].string() == "</tag>")
        let text = try String(contentsOfFile: picture, encoding: .utf8)
        #expect(text.contains("&lt;/tag&gt;"))
        #expect(!text.contains("</tag>"))
        #expect(!text.contains("\u{1B}"))
        #expect(text.utf8.count < 600_000)
        #expect(isWellFormed(text))
    }

    private func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

    @Test func `a picture is the same each time and holds its steps`() throws {
        let folder = try AttendProgram.temporaryFolder()
        for name in ["one", "two"] { #expect(try explain("--svg", "\(folder)/\(name).svg").code == 0) }
        let one = try String(contentsOfFile: "\(folder)/one.svg", encoding: .utf8)
        #expect(try one == String(contentsOfFile: "\(folder)/two.svg", encoding: .utf8))
        #expect(isWellFormed(one))
        #expect(one.contains("8. The attention pattern"))
        #expect(one.contains("15. The last vector"))
        // 36 live cells, and every dot that is large enough to be seen.
        #expect(one.components(separatedBy: "<circle").count > 30)
    }

    // MARK: Options

    @Test func `rows are the film's columns`() throws {
        func cells(_ layout: String) throws -> [[String]] {
            let lines = try explain("--step", "pattern", "--values", "--layout", layout).output.split(separator: "\n")
            let start = try #require(lines.firstIndex { $0.contains("pattern  queries") })
            return lines[(start + 2)..<(start + 10)].map {
                $0.split(separator: " ").dropFirst().prefix(8).map(String.init)
            }
        }
        let (film, rows) = (try cells("film"), try cells("rows"))
        for query in 0..<8 { for key in 0..<8 { #expect(rows[query][key] == film[key][query]) } }
        #expect(rows[3][1] == "0.39")
        #expect(rows[3][2] == "0.61")
    }

    @Test func `steps, heads and texts can be chosen`() throws {
        let two = try explain("--step", "mask", "--step", "lookup", "the blue creature slept").output
        #expect(two.contains("1. The embedding lookup"))
        #expect(two.contains("6. The mask"))
        #expect(!two.contains("7. "))
        let head = try explain("--layer", "0", "--head", "1", "--token", "roamed", "--step", "pattern").output
        #expect(head.contains("\"roamed\" attends to \"creature\" (0.99)"))
        #expect(try explain("Creature", "--step", "prediction").code == 0, "a first letter may be large")
        for (arguments, code, mentions) in [
            (["--step", "patern"], 64, ["\"patern\"", "did you mean \"pattern\"?", "output-matrix"]),
            (["--layer", "2"], 64, ["layer 2", "layers 0 to 1"]), (["--head", "2"], 64, ["head 2", "heads 0 to 1"]),
            (["--layer", "-1"], 64, ["--option=-1"]), (["--layer=-1"], 64, ["layer"]),
            (["a fluffi creature"], 64, ["\"fluffi\"", "did you mean \"fluffy\"?", "verdant"]),
            ([""], 64, ["no words"]),
            (["--token", "dragon"], 64, ["\"dragon\""]), (["one", "two"], 64, ["one text"]),
            (["--words"], 64, ["--model"]), (["--words", "--layer", "3"], 64, ["leave --layer"]),
            (["--words", "mole", "a mole"], 64, ["two texts"]),
            (["--layout", "diagonal"], 64, ["film"]), (["--model", "/nowhere/model.json"], 5, ["/nowhere/model.json"]),
            (["--model", "/nowhere"], 5, ["there is no folder /nowhere"]),
            ([String(repeating: "a ", count: 17)], 64, ["17", "16"]),
            (["--svg", "/nowhere/a.svg"], 5, ["/nowhere/a.svg"]),
            (["--backend", "none"], 4, ["none"])
        ] as [([String], Int32, [String])] {
            let outcome = try AttendProgram.run(["explain"] + arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome)")
            for text in mentions { #expect(outcome.errors.contains(text), "\(arguments): \(outcome.errors)") }
        }
    }

    @Test func `a graph that is no such model is refused by name`() throws {
        let folder = try copy()
        let cross = AttendProgram.root.appending(path: "Examples/CrossAttention/translate.json").path
        try FileManager.default.removeItem(atPath: "\(folder)/creature.json")
        try FileManager.default.copyItem(atPath: cross, toPath: "\(folder)/creature.json")
        let outcome = try explain("--model", "\(folder)/creature.json")
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("layers/0/attention"))
        try "{\"attend_words\": 1, \"txt\": \"a\"}".write(
            toFile: "\(folder)/creature.words.json", atomically: true, encoding: .utf8)
        let words = try explain("--model", "\(folder)/creature.json")
        #expect(words.code == 5)
        #expect(words.errors.contains("txt"))
        #expect(words.errors.contains("did you mean \"text\"?"))
    }
}
