import AttendRuntime

/// What a backend did beyond its results, as the failure of a case.
extension GuardedBackend {
    /// A changed environment of the thread, or an invalid refusal; nil for neither.
    var misconduct: CaseFailure? {
        if let change = environmentChange { return CaseFailure(.environment, change) }
        return falseRefusal.map { CaseFailure(.falseRefusal, $0) }
    }

    /// Misconduct, or a change of memory outside of results; nil for neither.
    ///
    /// - Complexity: That of ``violation()``.
    func failureOfConduct() -> CaseFailure? {
        if let misconduct { return misconduct }
        do throws(BackendError) {
            return try violation().map { CaseFailure(.trespass, $0) }
        } catch {
            return CaseFailure(.error, "memory can't be read after the run: \(error)")
        }
    }
}
