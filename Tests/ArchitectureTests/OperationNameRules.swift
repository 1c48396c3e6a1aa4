import Foundation
import Testing

/// An operation's versioned name stands where it is defined, in the C interface, in graph files and in tests; code has
/// `OperationID`.
@Suite struct OperationNameRules {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Names that fuzzing puts into graph files.
    private static let excepted = ["a.v2", "x.v999999999999999999999"]

    @Test(arguments: ["Sources", "Backends", "Plugins", "Examples"])
    func `no source has an operation's versioned name as a literal`(folder: String) throws {
        let files = FileManager.default.enumerator(
            at: Self.root.appending(path: folder), includingPropertiesForKeys: nil)
        var count = 0
        for case let file as URL in try #require(files)
        where file.pathExtension == "swift" && !file.path.contains("/.build/") {
            count += 1
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: #/"([a-z][a-z0-9_]*\.v[0-9]+)"/#)
            where !Self.excepted.contains(String(match.output.1)) {
                Issue.record("\(file.path): \(match.output.0)")
            }
        }
        #expect(count > 0)
    }
}
