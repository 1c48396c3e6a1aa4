import AttendModels
import Foundation
import Testing

/// The table of families in `Documentation/models.md`; `ATTEND_RECORD=1` writes it anew.
@Suite struct FamilyTableTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Documentation/models.md")

    @Test func `the table of families is that of their configurations`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let parts = text.components(separatedBy: "<!-- families -->\n")
        try #require(parts.count == 2)
        let rest = try #require(parts[1].range(of: "<!-- end -->"))
        let table = try FamilyTable.markdown()
        if ProcessInfo.processInfo.environment["ATTEND_RECORD"] != nil {
            let new = parts[0] + "<!-- families -->\n" + table + "\n" + parts[1][rest.lowerBound...]
            try Data(new.utf8).write(to: Self.page)
            Issue.record("the table is written anew; read the difference")
        }
        #expect(parts[1][..<rest.lowerBound] == table + "\n")
    }
}
