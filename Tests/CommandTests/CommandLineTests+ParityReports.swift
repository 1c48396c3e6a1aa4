import Foundation
import PluginSupport
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The files that `attend parity` writes.
extension CommandLineTests {
    private static func arguments() throws -> [String] {
        [
            "parity", "--plugin", try ExamplePlugin.minimal.library(), "--backend", "simd,minimal", "--quick",
            "--operation", "matmul,cast", "--fault", "matmul-tf32"
        ]
    }

    @Test func `JUnit XML and the page parse, and hold the counts`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let (junit, html) = (folder + "/parity.xml", folder + "/parity.html")
        // What was there before is gone, however long.
        try Data(repeating: 0x78, count: 1 << 20).write(to: URL(fileURLWithPath: junit))
        let outcome = try AttendProgram.run(Self.arguments() + ["--junit", junit, "--html", html])
        #expect(outcome.code == 3)

        let suites = try Elements(contentsOf: junit)
        let total = try #require(suites.all.first { $0.name == "testsuites" }).attributes
        #expect(
            suites.all.filter { $0.name == "testsuite" }.compactMap { $0.attributes["name"] } == ["simd", "minimal"])
        for (attribute, name) in [
            ("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")
        ] {
            #expect(total[attribute] == "\(suites.all.count { $0.name == name })", "\(attribute)")
        }
        #expect(suites.all.contains { $0.name == "failure" })
        #expect(suites.all.contains { $0.name == "skipped" })
        let failure = try #require(suites.all.first { $0.name == "failure" })
        #expect(failure.attributes["message"]?.contains("the oracle's") ?? false)
        #expect(failure.text.hasPrefix("replay: attend parity --backend simd --fault matmul-tf32 --plugin "))
        #expect(failure.text.contains("libminimal.so --case 'matmul["))

        let page = try Elements(contentsOf: html)
        let sections = page.all.count { $0.attributes["class"] == "case" }
        #expect("\(sections)" == total["failures"])
        #expect(!page.all.contains { $0.attributes["src"] != nil || $0.name == "link" || $0.name == "script" })
        #expect(page.all.first { $0.name == "title" }?.text == "attend parity: does not pass")
    }

    private static let subject = ["parity", "--backend", "simd", "--case", "add[lhs=9x130,rhs=9x130,seed=61]"]

    @Test func `a run that gives no report leaves the files as they were`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let (old, new) = (folder + "/old.xml", folder + "/new.html")
        try Data("of before".utf8).write(to: URL(fileURLWithPath: old))
        let outcome = try AttendProgram.run([
            "parity", "--backend", "no-such", "--quick", "--operation", "add", "--junit", old, "--html", new
        ])
        #expect(outcome.code == 4, "\(outcome.errors)")
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "of before")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["old.xml"])
    }

    @Test(.tags(.slow), .unlessFast) func `a run that is ended from outside leaves the files as they were`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let old = folder + "/old.xml"
        try Data("of before".utf8).write(to: URL(fileURLWithPath: old))
        let outcome = try AttendProgram.run(
            ["parity", "--backend", "simd", "--fault", "matmul-hang", "--case", "matmul[m=17,k=33,n=65,seed=0]"]
                + ["--junit", old, "--html", folder + "/new.html"], endedAfter: 3)
        #expect(outcome.isSignal)
        #expect(try String(contentsOfFile: old, encoding: .utf8) == "of before")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["old.xml"])
    }

    @Test func `a report that can't be written hides no mismatch`() throws {
        let folder = try AttendProgram.temporaryFolder()
        let outcome = try AttendProgram.run(
            Self.subject + ["--fault", "add-past-end", "--junit", "/dev/full", "--html", folder + "/parity.html"])
        #expect(outcome.code == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("/dev/full: can't be written"), "\(outcome.errors)")
        #expect(outcome.output.contains("FAILED on simd"))
        // The other report is there all the same.
        #expect(try String(contentsOfFile: folder + "/parity.html", encoding: .utf8).hasSuffix("</html>\n"))
    }

    @Test func `a report goes to stdout behind the table, whatever stdout is`() throws {
        let folder = try AttendProgram.temporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder + "/out"))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/out"))
        #expect(try AttendProgram.run(Self.subject + ["--junit", "/dev/stdout"], output: file).code == 0)
        let text = try String(contentsOfFile: folder + "/out", encoding: .utf8)
        #expect(text.hasPrefix("operation"))
        #expect(text.hasSuffix("</testsuites>\n"))
    }

    @Test func `a report that can't be written is an error with its path`() throws {
        let subject = Self.subject
        let folder = try AttendProgram.run(subject + ["--junit", "/tmp"])
        #expect(folder.code == 1)
        #expect(folder.errors.contains("/tmp: can't be written: it is a folder"))
        let nowhere = try AttendProgram.run(subject + ["--junit", "/nowhere/parity.xml"])
        #expect(nowhere.code == 1)
        #expect(nowhere.errors.contains("/nowhere/parity.xml: can't be written"))
        #expect(nowhere.output.isEmpty, "known before anything ran")
        let full = try AttendProgram.run(subject + ["--html", "/dev/full"])
        #expect(full.code == 1, "\(full.errors)")
        #expect(full.errors.contains("/dev/full: can't be written"), "\(full.errors)")
    }
}

/// The elements of an XML file, in the order in which they end.
private final class Elements: NSObject, XMLParserDelegate {
    struct Element {
        var name: String
        var attributes: [String: String]
        var text = ""
    }

    private(set) var all: [Element] = []
    private var open: [Element] = []

    init(contentsOf path: String) throws {
        super.init()
        let parser = XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: path)))
        parser.delegate = self
        #expect(parser.parse(), "\(path): \(String(describing: parser.parserError))")
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        open.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        if !open.isEmpty { open[open.count - 1].text += text }
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        all.append(open.removeLast())
    }
}
