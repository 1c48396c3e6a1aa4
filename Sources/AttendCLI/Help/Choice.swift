import ArgumentParser
import AttendRuntime

/// Parses options with fixed values; an unknown value is an error with the nearest one.
enum Choice {
    /// - Parameter what: The noun of the error: `layout`.
    static func parse<Value: RawRepresentable & CaseIterable & Sendable>(
        _ what: String, as type: Value.Type = Value.self
    ) -> @Sendable (String) throws -> Value where Value.RawValue == String {
        { text in
            if let value = Value(rawValue: text) { return value }
            throw ValidationError(unknown(what, text, among: Value.allCases.map(\.rawValue)))
        }
    }

    /// - Throws: `ValidationError` for a number of threads out of range.
    static func checkThreads(_ threads: Int?) throws {
        if let threads, threads < 1 || threads > 1024 {
            throw ValidationError("--threads must be between 1 and 1024, found \(threads)")
        }
    }

    /// The names of floating-point types, for `--dtype`.
    static let floatingPoint = DType.allCases.filter(\.isFloatingPoint).map(\.rawValue)

    /// - Throws: `ValidationError` for a text that names none.
    static func floatingPoint(_ text: String) throws -> DType {
        guard let dtype = DType(rawValue: text), dtype.isFloatingPoint else {
            throw ValidationError("--dtype: \(unknown("data type", text, among: floatingPoint))")
        }
        return dtype
    }

    /// `there is no step "Mask"; did you mean "mask"? (there are …)`.
    static func unknown(_ what: String, _ name: String, among known: [String]) -> String {
        """
        there is no \(what) "\(name)"\(Nearest.hint(for: name, among: known)) (there are \
        \(known.joined(separator: ", ")))
        """
    }
}
