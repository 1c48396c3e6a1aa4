import AttendParity
import AttendRuntime
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A progress display on stderr: one line that is overwritten on a terminal, else a line at intervals.
final class ProgressLine: Sendable {
    /// The width of a line that is not on a terminal.
    private static let width = 110
    private let isWatched = isatty(STDERR_FILENO) == 1
    private let interval: Duration
    private let last: Mutex<(time: ContinuousClock.Instant, isShown: Bool)>
    private let start = ContinuousClock.now
    private let log = Mutex(ProgressLog())

    /// - Parameter interval: The time between lines that are not on a terminal, and before the first.
    init(every interval: Duration = .seconds(30)) {
        self.interval = isWatched ? .milliseconds(100) : interval
        // On a terminal, the first line is shown immediately.
        last = Mutex((isWatched ? .now - .seconds(1) : .now, false))
    }

    /// One column less than the terminal: a wrapped line could not be cleared.
    private static var watchedWidth: Int { Terminal.columns(of: STDERR_FILENO).map { max(1, $0 - 1) } ?? width }

    func show(_ line: @autoclosure () -> String) {
        last.withLock { last in
            guard .now - last.time > interval else { return }
            last = (.now, true)
            let text = line().prefix(isWatched ? Self.watchedWidth : Self.width)
            FileHandle.standardError.write(Data((isWatched ? "\r\u{1B}[K\(text)" : "\(text)\n").utf8))
        }
    }

    /// Clears the line, before other output.
    func clear() {
        last.withLock { last in
            guard isWatched, last.isShown else { return }
            last.isShown = false
            FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
        }
    }

    /// - Parameters:
    ///   - index: From 0 up.
    ///   - failures: So far.
    func show(_ name: String, index: Int, count: Int, failures: Int = 0) {
        show("\(index + 1) of \(count)\(failures > 0 ? ", \(failures) failed" : "")  \(name)")
    }

    /// Shows the progress of loading weights, and clears the line at its end.
    @Sendable func loading(_ progress: LoadingProgress) {
        guard progress.byteCount < progress.totalByteCount else { return clear() }
        let total = Quantity.bytes(progress.totalByteCount)
        show("loading weights: \(progress.byteCount * 100 / progress.totalByteCount) % of \(total)")
    }

    /// A step of a run of cases: the case on a terminal, a line at long intervals in a log.
    func show(_ step: ParityRun.Progress) {
        guard !isWatched else {
            return show(step.subject.name, index: step.index, count: step.count, failures: step.failures)
        }
        guard let line = log.withLock({ $0.line(step, at: .now - start) }) else { return }
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
