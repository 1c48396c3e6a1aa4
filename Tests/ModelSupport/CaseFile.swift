import AttendRuntime
private import Foundation

/// A file of cases that a script in Tests/Goldens recorded.
struct CaseFile {
    /// In `Fixtures`.
    let name: String

    var root: JSONNode {
        get throws {
            let path = "\(Bundle.module.resourcePath ?? ".")/Fixtures/\(name)"
            return JSONNode(try JSONValue(parsing: InputFile.contents(of: path)))
        }
    }

    /// Its cases; a file that can't be read ends the tests.
    static func cases<Case>(of document: Result<JSONNode, any Error>, _ make: (JSONNode) throws -> Case) -> [Case] {
        do {
            return try document.get().required("cases").elements().map(make)
        } catch {
            fatalError("a file of cases: \(error)")
        }
    }
}
