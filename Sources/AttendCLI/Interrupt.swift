import AttendPlugin
import AttendRuntime
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C: temporary files are removed and the program exits with 130. A command that awaits it ends by itself and keeps what
/// it has; a second Ctrl-C ends it at once.
final class Interrupt: Sendable {
    static let shared = Interrupt()

    private struct State {
        var isAwaited = false
        var isRequested = false
    }

    private let state = Mutex<State>(State())
    /// Kept alive; set once, before anything runs beside it.
    nonisolated(unsafe) private static var source: (any DispatchSourceSignal)?

    /// Whether the running command ends by itself.
    var isAwaited: Bool {
        get { state.withLock { $0.isAwaited } }
        set { state.withLock { $0.isAwaited = newValue } }
    }

    /// Whether Ctrl-C was pressed.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Replaces the default action of SIGINT.
    func prepare() {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global(qos: .userInteractive))
        source.setEventHandler { [self] in received() }
        source.resume()
        unsafe Interrupt.source = source
    }

    private func received() {
        let goesOn = state.withLock { state in
            defer { state.isRequested = true }
            return state.isAwaited && !state.isRequested
        }
        guard !goesOn else { return }
        UnfinishedFiles.removeAll()
        LastWords.withdraw()
        _exit(Exit.interrupted)
    }
}
