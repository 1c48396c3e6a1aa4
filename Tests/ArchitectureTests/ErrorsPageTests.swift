import Foundation
import Testing

/// `Documentation/errors.md` names every public error and case, and tells of each call that it lists what its signature
/// says.
@Suite struct ErrorsPageTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func page() throws -> String {
        try String(contentsOf: root.appending(path: "Documentation/errors.md"), encoding: .utf8)
    }

    /// Every line of our sources, file by file.
    private static func sources() throws -> [[String]] {
        try ["Sources", "Backends"].flatMap { folder in
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder), includingPropertiesForKeys: nil)
            return try (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }.map {
                try String(contentsOf: $0, encoding: .utf8).components(separatedBy: "\n")
            }
        }
    }

    /// The type whose body a line lies in, by the declaration without indentation above it.
    private static func owner(of index: Int, in lines: [String]) -> String? {
        for line in lines[..<index].reversed() where line.first?.isLetter == true {
            let match = line.prefixMatch(
                of:
                    #/(?:(?:public|package|final|private|fileprivate) )*(?:struct|enum|class|extension|protocol) ([\w.]+)/#
            )
            if let match { return String(match.output.1) }
        }
        return nil
    }

    /// The public errors: their names, with those they are nested in, and the cases of enums.
    private static func errors() throws -> [String: Set<String>] {
        var errors: [String: Set<String>] = [:]
        for lines in try sources() {
            for (index, line) in lines.enumerated() where line.contains("public ") && line.contains("Error") {
                let pattern = #/( *)(?:@nonexhaustive )?public (enum|struct) (\w+): (?:\w+, )*Error\b.*/#
                guard let match = line.wholeMatch(of: pattern) else { continue }
                let (indent, name) = (String(match.output.1), String(match.output.3))
                let full = indent.isEmpty ? name : "\(owner(of: index, in: lines) ?? "").\(name)"
                let body = lines[(index + 1)...].prefix { $0 != indent + "}" }
                let cases =
                    match.output.2 == "struct" ? [] : body.compactMap { $0.prefixMatch(of: #/ +case (\w+)(?=\(|$)/#) }
                errors[full] = Set(cases.map { String($0.output.1) })
            }
        }
        return errors
    }

    @Test func `every public error and each of its cases is on the page, and no other`() throws {
        let errors = try Self.errors()
        try #require(errors.count > 15 && errors["GraphError"]?.contains("node") == true)
        var sections: [String: String] = [:]
        for part in try Self.page().components(separatedBy: "\n### ").dropFirst() {
            let lines = part.split(separator: "\n", maxSplits: 1)
            sections[String(lines[0])] = lines.count > 1 ? String(lines[1]) : ""
        }
        #expect(Set(sections.keys) == Set(errors.keys))
        for (name, cases) in errors {
            let section = sections[name] ?? ""
            // The names before the colon of each item.
            let items = section.split(separator: "\n").filter { $0.hasPrefix("- ") }
            let told = items.flatMap { item in
                item.prefix { $0 != ":" }.matches(of: #/`(\w+)`/#).map { String($0.output.1) }
            }
            #expect(Set(told) == cases, "\(name)")
            #expect(told.count == cases.count, "\(name)")
        }
    }

    /// `Type.name(labels:)` of every public function that throws, with what it throws; empty for `throws` alone.
    private static func calls() throws -> [String: Set<String>] {
        var calls: [String: Set<String>] = [:]
        for lines in try sources() {
            for (index, line) in lines.enumerated() where line.contains("public ") {
                guard let head = line.firstMatch(of: #/\b(?:func (\w+)|(init))(?:<[^(]*>)?\(/#) else { continue }
                var text = String(line[head.range.lowerBound...])
                for next in lines[(index + 1)...].prefix(8) where !text.hasSuffix("{") {
                    text += " " + next.trimmingCharacters(in: .whitespaces)
                }
                let (parameters, rest) = split(text)
                guard let thrown = rest.prefixMatch(of: #/ throws(?:\((\w+)\))?/#) else { continue }
                let name = head.output.1.map(String.init) ?? "init"
                let call = "\(owner(of: index, in: lines) ?? "").\(name)(\(labels(parameters)))"
                calls[call, default: []].insert(thrown.output.1.map(String.init) ?? "")
            }
        }
        return calls
    }

    /// What stands between the outermost parentheses, and what follows.
    private static func split(_ text: String) -> (parameters: Substring, rest: Substring) {
        guard let open = text.firstIndex(of: "(") else { return ("", "") }
        var depth = 0
        for index in text.indices[open...] {
            if "([".contains(text[index]) { depth += 1 }
            if ")]".contains(text[index]) { depth -= 1 }
            if depth == 0 { return (text[text.index(after: open)..<index], text[text.index(after: index)...]) }
        }
        return ("", "")
    }

    private static func labels(_ parameters: Substring) -> String {
        var (parts, depth) = ([""], 0)
        for character in parameters {
            if "([".contains(character) { depth += 1 }
            if ")]".contains(character) { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts.compactMap { part in
            part.trimmingCharacters(in: .whitespaces).split(separator: " ").first.map { word in
                word.hasSuffix(":") ? String(word) : "\(word):"
            }
        }.joined()
    }

    @Test func `a call that the page lists throws what it says there`() throws {
        let (calls, errors) = (try Self.calls(), try Self.errors())
        var count = 0
        for line in try Self.page().split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map(String.init)
            guard cells.count == 2, cells[0].contains("(") else { continue }
            let thrown = cells[1].matches(of: #/`([\w.]+)`/#).map { String($0.output.1) }.filter {
                $0 != "auto" && $0 != "fastest"
            }
            for error in thrown { #expect(errors[error] != nil, "\(error)") }
            for match in cells[0].matches(of: #/`(\w+\.\w+\([^`]*\))`/#) {
                let call = String(match.output.1)
                let found = try #require(calls[call], "there is no public call \(call) that throws")
                // Several may have the same labels.
                #expect(thrown.count == 1 && found.contains(thrown[0]) || found.contains(""), "\(call): \(found)")
                count += 1
            }
        }
        #expect(count > 60)
    }
}
