import Foundation
import PluginSupport
import Testing

/// The tutorial's listings are the sources that are built and tested here, and what new-backend writes is where they begin.
/// `Scripts/check-tutorial` runs every command of it in a fresh clone.
@Suite struct TutorialTests {
    private static let example = "\(CCompiler.root)/Plugins/Backends/abacus"
    private static let templates = "\(CCompiler.root)/Plugins/Package/NewBackend/Templates"

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func tutorial() throws -> String {
        try text("\(CCompiler.root)/Sources/AttendPlugin/AttendPlugin.docc/WritingABackend.md")
    }

    /// The block of code in this language that follows a line, without its fences.
    private static func block(_ language: String, after line: String, in text: String) throws -> String {
        let start = try #require(text.range(of: line), "no \(line)").upperBound
        let open = try #require(text.range(of: "\n```\(language)\n", range: start..<text.endIndex)).upperBound
        let close = try #require(text.range(of: "\n```\n", range: open..<text.endIndex))
        return text[open..<close.lowerBound] + "\n"
    }

    @Test(arguments: ["Numbers", "Elementwise", "Rows", "Products", "Moves", "Attention"])
    func `a listing is the file`(name: String) throws {
        let listing = try Self.block("swift", after: "into `Sources/\(name).swift`", in: Self.tutorial())
        #expect(try listing == Self.text("\(Self.example)/\(name).swift"))
    }

    @Test func `the last state of the first file is what new-backend wrote, with the families named on the way`() throws
    {
        let tutorial = try Self.tutorial()
        var source = try Self.text("\(Self.templates)/Backend.swift")
            .replacingOccurrences(of: "TemplateBackend", with: "AbacusBackend")
            .replacingOccurrences(of: "template", with: "abacus")
        for match in tutorial.matches(of: #/\nsed -i 's/\\\[(.+)\\\]/\[(.+)\]/' Sources/Abacus\.swift\n/#) {
            let (old, new) = ("[\(match.output.1)]", "[\(match.output.2)]")
            try #require(source.contains(old), "the tutorial changes \(old), which is not there")
            source = source.replacingOccurrences(of: old, with: new)
        }
        #expect(try source == Self.text("\(Self.example)/Abacus.swift"))
    }

    @Test(.compilesC)
    func `the template in C compiles and passes`() throws {
        let folder = try PluginFolder()
        try folder.write(
            Self.text("\(Self.templates)/backend.c").replacingOccurrences(of: "template", with: "rods"), to: "rods.c")
        let library = try folder.build("\(folder.path)/rods.c", library: "librods", name: "rods", version: "0.1.0")
        let program = try AttendProgram.run(
            ["parity", "--plugin", library, "--backend", "rods", "--quick", "--operation", "add,attention"])
        #expect(program.code == 0, "\(program)")
        #expect(program.output.contains("rods passes: "), "\(program)")
    }
}
