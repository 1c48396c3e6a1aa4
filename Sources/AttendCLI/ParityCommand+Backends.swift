import AttendBackends
import AttendCore
import AttendParity
import Foundation
import Synchronization

/// The backends that a parity run is about.
enum ParityBackends {
    /// Those that were named, all of which have to be there; or else all that are there.
    ///
    /// - Throws: `BackendUnavailable` for one that was named.
    static func make(
        named lists: [String], threads: Int?, _ registry: BackendRegistry, making: (String) -> Void = { _ in },
        leftOut: (String) -> Void
    ) throws -> [any ComputeBackend] {
        let options = BackendOptions(threads: threads)
        var made: [any ComputeBackend] = []
        guard lists.isEmpty else {
            for name in lists.flatMap(words) {
                making(name)
                let backend = try registry.backend(named: name, options: options)
                if !made.contains(where: { $0.device.backend == backend.device.backend }) { made.append(backend) }
            }
            return made
        }
        for entry in registry.entries {
            making(entry.name)
            do {
                made.append(try entry.make(options))
            } catch {
                leftOut("\(error)")
            }
        }
        return made
    }

    static func words(_ list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// One line on stderr that is written over, where somebody watches.
final class ParityProgress {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var last: ContinuousClock.Instant?

    func show(_ progress: ParityRun.Progress) {
        show(progress.subject.name, index: progress.index, count: progress.count, failures: progress.failures)
    }

    func show(_ name: String, index: Int, count: Int, failures: Int) {
        guard isShown, last.map({ clock.now - $0 > .milliseconds(100) }) ?? true else { return }
        last = clock.now
        let failed = failures > 0 ? ", \(failures) failed" : ""
        let line = "\(index + 1) of \(count)\(failed)  \(name)".prefix(110)
        write("\r\u{1B}[K\(line)")
    }

    func clear() { if last != nil { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// The same for the steps of a plan. Where nobody watches a terminal there is a line every few seconds, since the oracle
/// takes its time.
final class StepProgress: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let last = Mutex<ContinuousClock.Instant>(.now)

    func show(_ step: GraphParity.Progress, on backend: String) {
        let isDue = last.withLock { last in
            guard .now - last > (isShown ? .milliseconds(100) : .seconds(5)) else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let line = "\(backend): step \(step.index + 1) of \(step.count)  \(step.node)".prefix(110)
        FileHandle.standardError.write(Data((isShown ? "\r\u{1B}[K\(line)" : "\(line)\n").utf8))
    }

    func clear() { if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }
}
