import Foundation
import Testing

/// The DocC catalogs of the public modules list symbols that are public there.
@Suite struct CatalogTests {
    private static let modules = [
        "AttendGraph", "AttendBackend", "AttendRuntime", "AttendModels", "AttendRegistry", "AttendParity"
    ]

    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    @Test(arguments: modules) func `a catalog lists public symbols of its module`(module: String) throws {
        let folder = Self.sources.appending(path: module)
        let enumerator = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var (known, listed): (Set<String>, Set<String>) = ([module], [])
        for case let file as URL in enumerator {
            guard ["swift", "md"].contains(file.pathExtension) else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            if file.pathExtension == "md" {
                listed.formUnion(text.matches(of: #/``(\w+)``/#).map { String($0.output.1) })
            } else {
                let declaration = #/public (?:final )?(?:struct|class|enum|protocol|actor|typealias) (\w+)/#
                known.formUnion(text.matches(of: declaration).map { String($0.output.1) })
            }
        }
        #expect(listed.count > 3)
        for name in listed.sorted() { #expect(known.contains(name), "\(module): \(name)") }
    }
}
