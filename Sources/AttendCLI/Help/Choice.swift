import ArgumentParser
import AttendCore

/// Words to choose among, with the nearest one named where a word is none of them.
enum Choice {
    /// - Parameter what: What is chosen: `layout`.
    static func parse<Value: RawRepresentable & CaseIterable & Sendable>(
        _ what: String, as type: Value.Type = Value.self
    ) -> @Sendable (String) throws -> Value where Value.RawValue == String {
        { text in
            if let value = Value(rawValue: text) { return value }
            throw ValidationError(unknown(what, text, among: Value.allCases.map(\.rawValue)))
        }
    }

    /// `there is no step "Mask"; did you mean "mask"? (they are …)`.
    static func unknown(_ what: String, _ name: String, among known: [String]) -> String {
        "there is no \(what) \"\(name)\"\(Nearest.hint(for: name, among: known)) (there are \(known.joined(separator: ", ")))"
    }
}
