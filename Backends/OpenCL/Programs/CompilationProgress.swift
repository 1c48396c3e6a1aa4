private import Logging
import Synchronization

/// Logs the progress of compilation that takes longer than a second.
package final class CompilationProgress: Sendable {
    private struct State {
        var start: ContinuousClock.Instant?
        var lastWord: ContinuousClock.Instant?
        var expected = 0
        var done = 0
    }

    private let device: String
    private let state = Mutex(State())
    /// Writes a log line; replaced in tests.
    private let tell: @Sendable (String) -> Void
    private let patience: Duration
    private let interval: Duration

    package init(
        device: String, patience: Duration = .seconds(1), interval: Duration = .seconds(2),
        tell: @escaping @Sendable (String) -> Void = { Logger(label: "attend.opencl").notice("\($0)") }
    ) {
        self.device = device
        self.patience = patience
        self.interval = interval
        self.tell = tell
    }

    /// Adds expected steps: programs to compile, and launches that compile.
    package func expect(_ count: Int) {
        state.withLock { state in
            if state.start == nil { state.start = .now }
            state.expected += count
        }
    }

    /// Counts a finished step.
    package func step() {
        let line = state.withLock { state -> String? in
            state.done += 1
            guard let start = state.start, state.done < state.expected, .now - start > patience,
                state.lastWord.map({ .now - $0 > interval }) ?? true
            else { return nil }
            state.lastWord = .now
            return "compiling kernels for \(device), once: \(state.done * 100 / state.expected) %"
        }
        if let line { tell(line) }
    }

    /// Ends the progress: all steps are finished.
    package func finish() {
        let line = state.withLock { state -> String? in
            defer { state = State() }
            guard let start = state.start, state.lastWord != nil else { return nil }
            let tenths = Int((.now - start) / .milliseconds(100))
            return "compiled kernels for \(device) in \(tenths / 10).\(tenths % 10) s"
        }
        if let line { tell(line) }
    }
}
