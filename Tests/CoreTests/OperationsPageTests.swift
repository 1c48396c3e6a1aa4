import AttendRuntime
import Foundation
import TestSupport
import Testing

/// `Documentation/operations.md` says what the code says.
@Suite struct OperationsPageTests {
    private static let schemas: [String: OperationSchema] = Dictionary(
        uniqueKeysWithValues: (Primitive.allCases.map(\.schema) + Composites.builtIn.values.map(\.schema)).map {
            ($0.name, $0)
        })

    @Test func `each operation has its heading, once, and a line in the contents`() throws {
        let page = try OperationsPage()
        let headings = page.operations.map(\.name)
        let known = OperationsPageTests.schemas.keys
        for name in known.sorted() where !headings.contains(name) {
            Issue.record("the page has no \"### \(name)\"; write it, and under it in a block:\n\(signature(name))")
        }
        for name in headings where !known.contains(name) { Issue.record("there is no operation \"\(name)\"") }
        #expect(Set(headings).count == headings.count, "an operation has two headings")
        #expect(page.contents == headings, "the contents must link each operation, in the order of the headings")
        let (primitives, composites) = (Primitive.allCases.count, Composites.builtIn.count)
        let counts = "\(primitives) primitives, which have rules of their own, and \(composites) composites"
        #expect(page.flowing.contains(counts), "the page must speak of \(counts)")
        let titles = page.titles.map { $0.lowercased() }
        #expect(Set(titles).count == titles.count, "two headings of one name share a link")
    }

    @Test(arguments: schemas.keys.sorted())
    func `inputs, outputs, attributes, defaults and choices are the schema's`(name: String) throws {
        let section = try #require(try OperationsPage().operations.first { $0.name == name })
        #expect(
            section.signature == signature(name),
            "the block under \"### \(name)\" must be:\n```text\n\(signature(name))\n```")
    }

    @Test func `the page speaks of nothing that the code does not know`() throws {
        let schemas = OperationsPageTests.schemas
        let common = Set(schemas.keys).union(DType.allCases.map(\.rawValue)).union(["true", "false"])
        for section in try OperationsPage().operations {
            guard let schema = schemas[section.name] else { continue }
            let own =
                schema.inputs.map(\.name) + schema.outputs + schema.attributes.map(\.name)
                + schema.attributes.flatMap(\.choices)
            for word in section.words where !common.contains(word) && !own.contains(word) {
                Issue.record("\(section.name): `\(word)` is no part of its interface, and no operation")
            }
        }
    }

    @Test func `the graph file on the page is read`() throws {
        let json = try #require(try OperationsPage().block(after: "\n## A node in a graph file\n", "json"))
        let graph = try TemporaryFolder().graph(json)
        #expect(graph.nodes.count == 2)
        #expect(graph.outputs.count == 1)
    }

    @Test func `a signature names what may be left out, lists, defaults and choices`() {
        let schema = OperationSchema(
            "twist", version: 2, inputs: [.init("input"), .init("bias", optional: true)], outputs: ["output", "turns"],
            attributes: [
                .init("axes", .integers), .init("angle", optional: .number), .init("step", default: .number(2)),
                .init("side", default: .string("left"), choices: ["left", "right", "both"])
            ])
        #expect(
            schema.signature == """
                twist.v2(input, bias?) → output, turns
                    axes: integers
                    angle?: number
                    step: number = 2
                    side: string = left (or right, both)
                """)
        #expect(signature("concatenate").hasPrefix("concatenate.v1(inputs…) → output"))
        #expect(signature("iota").hasPrefix("iota.v1() → output"))
        for line in OperationsPageTests.schemas.keys.flatMap({ signature($0).components(separatedBy: "\n") }) {
            #expect(line.count <= 110)
        }
    }

    private func signature(_ name: String) -> String { OperationsPageTests.schemas[name]?.signature ?? "" }
}

/// The page in its parts: `##` opens a kind of operations, `###` an operation.
private struct OperationsPage {
    struct Section {
        let name: String
        let text: String

        /// The first block of code.
        var signature: String? { text.block("text") }
        /// The words that stand in backquotes alone, outside of blocks. A single letter is a number of the formulas.
        var words: [String] {
            text.components(separatedBy: "```").enumerated().filter { $0.offset.isMultiple(of: 2) }.flatMap { part in
                part.element.components(separatedBy: "`").enumerated().filter { !$0.offset.isMultiple(of: 2) }
                    .map(\.element)
            }.filter { $0.wholeMatch(of: /[a-z][a-z0-9_]+/) != nil }
        }
    }

    let text: String
    let operations: [Section]

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "Documentation/operations.md"), encoding: .utf8)
        operations = text.components(separatedBy: "\n## ").dropFirst().flatMap { kind in
            kind.components(separatedBy: "\n### ").dropFirst().map { section in
                let lines = section.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
                return Section(name: String(lines[0]), text: String(lines.last ?? ""))
            }
        }
    }

    /// Without the ends of lines.
    var flowing: String { text.replacing("\n", with: " ") }

    /// All headings but the page's own.
    var titles: [String] {
        text.components(separatedBy: "\n").filter { $0.hasPrefix("## ") || $0.hasPrefix("### ") }
            .map { String($0.drop { $0 == "#" }.dropFirst()) }
    }

    /// What is linked before the first operation.
    var contents: [String] {
        let start = text.components(separatedBy: "\n### ")[0]
        return start.matches(of: /\[([a-z0-9_]+)\]\(#([a-z0-9_]+)\)/).filter { $0.1 == $0.2 }.map { String($0.1) }
    }

    /// The first block of a language after a place.
    func block(after place: String, _ language: String) -> String? {
        text.range(of: place).flatMap { String(text[$0.upperBound...]).block(language) }
    }
}

extension String {
    /// The first block of code in this language.
    fileprivate func block(_ language: String) -> String? {
        guard let start = range(of: "```\(language)\n"), let end = self[start.upperBound...].range(of: "\n```") else {
            return nil
        }
        return String(self[start.upperBound..<end.lowerBound])
    }
}
