import AttendRuntime
import Testing

/// One thing that every backend must do: a sentence, and what to try on the backend.
///
/// Checks are values so that each backend's suite runs them all, or is skipped as a whole with the reason in the output
/// (`BackendSuites.swift`). Leaving a test from inside would not do: `Test.cancel` in one of many cases prints
/// "passed".
struct BackendCheck: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (any ComputeBackend) async throws -> Void

    init(_ sentence: String, _ run: @escaping @Sendable (any ComputeBackend) async throws -> Void) {
        testDescription = sentence
        self.run = run
    }

    /// One check for each of several cases, which are named after the sentence.
    static func each<Case: Sendable>(
        _ sentence: String, _ cases: some Sequence<Case>,
        _ run: @escaping @Sendable (any ComputeBackend, Case) async throws -> Void
    ) -> [BackendCheck] {
        cases.map { one in
            let label = (one as? any CustomTestStringConvertible)?.testDescription ?? "\(one)"
            return BackendCheck("\(sentence): \(label)") { try await run($0, one) }
        }
    }
}

/// Lists checks one below the other.
@resultBuilder enum BackendChecks {
    static func buildExpression(_ check: BackendCheck) -> [BackendCheck] { [check] }
    static func buildExpression(_ checks: [BackendCheck]) -> [BackendCheck] { checks }
    static func buildBlock(_ checks: [BackendCheck]...) -> [BackendCheck] { checks.flatMap(\.self) }
}
