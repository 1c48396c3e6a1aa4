import AttendCore
package import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How workers are started.
package struct WorkerCommand: Sendable {
    package var program: URL
    package var arguments: [String]

    package init(program: URL, arguments: [String]) { (self.program, self.arguments) = (program, arguments) }
}

/// A worker as its parent sees it. One thread talks with it; another may end it when its time is over.
final class WorkerProcess: Sendable {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private let lines = Mutex(WorkerLines())
    private let watch = Mutex(Watch())

    private struct Watch {
        var deadline: ContinuousClock.Instant?
        var isLate = false
    }

    init(_ command: WorkerCommand) throws {
        process.executableURL = command.program
        process.arguments = command.arguments
        process.standardInput = requests
        process.standardOutput = answers
        var environment = ProcessInfo.processInfo.environment
        // A backtrace of a planted or real crash takes seconds and is nothing that a report can hold.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        process.environment = environment
        try process.run()
    }

    /// How long the worker may take from now on, until this is said again; nil for as long as it likes.
    func allow(_ time: Duration?) {
        watch.withLock { $0.deadline = time.map { ContinuousClock.now + $0 } }
    }

    /// Ends a worker that is late, with a signal that nothing can catch.
    func endIfLate() {
        watch.withLock { watch in
            guard let deadline = watch.deadline, ContinuousClock.now > deadline, process.isRunning else { return }
            watch = Watch(deadline: nil, isLate: true)
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// False when the worker is gone.
    func send(_ task: WorkerTask) -> Bool {
        do {
            try requests.fileHandleForWriting.write(contentsOf: task.line)
            return true
        } catch {
            return false
        }
    }

    /// The next message; nil when there will be none.
    func next() -> WorkerMessage? {
        while true {
            if let message = lines.withLock({ $0.next() }) { return message }
            let data = answers.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }
            lines.withLock { $0.append(data) }
        }
    }

    /// Waits for a worker that said its last.
    func end() -> WorkerDeath {
        process.waitUntilExit()
        allow(nil)
        let cause: WorkerDeath.Cause =
            if watch.withLock({ $0.isLate }) {
                .late
            } else if process.terminationReason == .uncaughtSignal {
                .signal(process.terminationStatus)
            } else {
                .code(process.terminationStatus)
            }
        return WorkerDeath(cause: cause, lastWords: lines.withLock { $0.lastWords })
    }

    /// Lets a worker go that has nothing more to do.
    func dismiss() {
        try? requests.fileHandleForWriting.close()
        allow(.seconds(5))
        while next() != nil {}
        process.waitUntilExit()
    }
}

/// Tells messages from what else was printed, of which it keeps the end.
struct WorkerLines {
    private var pending: [UInt8] = []
    private var messages: [WorkerMessage] = []
    private var words = ""

    mutating func append(_ data: Data) {
        pending += data
        var start = pending.startIndex
        while let end = pending[start...].firstIndex(of: 0x0A) {
            take(pending[start..<end])
            start = end + 1
        }
        pending.removeSubrange(..<start)
    }

    mutating func next() -> WorkerMessage? { messages.isEmpty ? nil : messages.removeFirst() }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        guard line.first == WorkerMessage.mark else {
            if !line.isEmpty { words = String((words + " " + String(decoding: line, as: UTF8.self)).suffix(400)) }
            return
        }
        if let message = WorkerMessage(parsing: String(decoding: line.dropFirst(), as: UTF8.self)) {
            // What a library printed in an earlier case says nothing about this one.
            if case .backend = message { words = "" }
            messages.append(message)
        }
    }

    var lastWords: String {
        let unfinished = pending.first == WorkerMessage.mark ? "" : String(decoding: pending, as: UTF8.self)
        return (words + " " + unfinished).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// How a worker came to its end.
struct WorkerDeath {
    enum Cause {
        /// It was still at work when its time was over.
        case late
        case signal(Int32)
        case code(Int32)
    }

    var cause: Cause
    /// The end of what it printed.
    var lastWords: String

    private static let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGKILL: "SIGKILL",
        SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP"
    ]

    /// Such as `died of signal 11 (SIGSEGV)`.
    func text(after limit: Duration) -> String {
        switch cause {
        case .late: "was ended after \(limit.inSeconds) s"
        case .signal(let number):
            "died of signal \(number)" + (WorkerDeath.names[number].map { " (\($0))" } ?? "")
        case .code(let code): "ended on its own, with exit code \(code)"
        }
    }
}
