private import Logging
import Synchronization

/// Tells on the log how far compiling is, where it takes longer than a second.
package final class CompilationProgress: Sendable {
    private struct State {
        var start: ContinuousClock.Instant?
        var lastWord: ContinuousClock.Instant?
        var expected = 0
        var done = 0
    }

    private let device: String
    private let state = Mutex(State())
    /// Takes a line; replaced in tests.
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

    /// Steps that are to come: programs to compile, launches that compile.
    package func expect(_ count: Int) {
        state.withLock { state in
            if state.start == nil { state.start = .now }
            state.expected += count
        }
    }

    /// One of them is done.
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

    /// All that was begun is done.
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
