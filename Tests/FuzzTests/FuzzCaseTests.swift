import AttendFuzz
import Testing

@Suite struct FuzzCaseTests {
    @Test(arguments: ["graph-7-123", "model-0-0", "text-5-12@0.2", "json-1-1@none"])
    func `a case is its name`(name: String) throws { #expect(try FuzzCase(parsing: name).name == name) }

    @Test(arguments: [
        "", "graph", "graph-7", "graph--1-2", "graph-1--2", "graf-1-2", "graph-1-2@", "graph-1-2@x", "graph-1-2-3"
    ])
    func `what names no case is an error`(name: String) {
        #expect(throws: FuzzError.self) { try FuzzCase(parsing: name) }
    }
}
