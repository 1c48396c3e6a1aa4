import AttendRuntime
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

/// A worker as its parent sees it: one thread talks with it, waits for it and ends it when its time is over.
///
/// What ends a conversation is the worker's own end, however long others hold its pipe: a kernel may leave processes behind that
/// inherited it. And a deadline holds until the worker is gone, whatever it closed.
package final class WorkerProcess<Message: WorkerLine>: Sendable {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()
    private let lines = Mutex(WorkerLines<Message>())
    private let watch = Mutex(Watch())

    private struct Watch {
        var deadline: ContinuousClock.Instant?
        var isLate = false
    }

    /// Between two looks at whether a silent worker is still there.
    private static var pause: Int { 20 }
    /// What a pipe holds at most, with room to spare.
    private static var pipeByteCount: Int { 1 << 20 }
    /// For a worker that was told to go, or said that it would.
    private static var leave: Duration { .seconds(5) }

    package init(_ command: WorkerCommand) throws {
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
    package func allow(_ time: Duration?) {
        watch.withLock { $0.deadline = time.map { ContinuousClock.now + $0 } }
    }

    /// Ends a worker that is late, with a signal that nothing can catch.
    private func endIfLate() {
        watch.withLock { watch in
            guard let deadline = watch.deadline, ContinuousClock.now > deadline, exit == nil else { return }
            watch = Watch(deadline: nil, isLate: true)
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// How the worker ended; nil while it runs.
    ///
    /// The system is asked and not Foundation, which hears of it when the last process is gone that inherited a socket of its own.
    private var exit: WorkerDeath.Cause? {
        guard process.isRunning else { return told }
        var state = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(process.processIdentifier), &state, WEXITED | WNOHANG | WNOWAIT)
        if result != 0, errno == ECHILD {
            // Foundation has just asked.
            process.waitUntilExit()
            return told
        }
        guard result == 0, unsafe state.si_signo == SIGCHLD else { return nil }
        #if canImport(Darwin)
            let status = unsafe state.si_status
        #else
            let status = unsafe state._sifields._sigchld.si_status
        #endif
        return unsafe state.si_code == Int32(CLD_EXITED) ? .code(status) : .signal(status)
    }

    /// What Foundation knows of a process that it waited for.
    private var told: WorkerDeath.Cause {
        process.terminationReason == .uncaughtSignal
            ? .signal(process.terminationStatus) : .code(process.terminationStatus)
    }

    /// False when the worker is gone.
    package func send(_ task: Data) -> Bool {
        do {
            try requests.fileHandleForWriting.write(contentsOf: task)
            return true
        } catch {
            return false
        }
    }

    /// The next message; nil when there will be none.
    package func next() -> Message? {
        // What is left in the pipe of a worker that is gone; others may go on filling it.
        var rest = Self.pipeByteCount
        while true {
            if let message = lines.withLock({ $0.next() }) { return message }
            endIfLate()
            let isGone = exit != nil
            var answer = pollfd(
                fd: answers.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let count = unsafe poll(&answer, 1, isGone ? 0 : Int32(Self.pause))
            guard count > 0 else {
                if isGone { return nil }
                continue
            }
            let data = answers.fileHandleForReading.availableData
            guard !data.isEmpty, rest > 0 else { return nil }
            if isGone { rest -= data.count }
            lines.withLock { $0.append(data) }
        }
    }

    /// Waits for a worker that said its last.
    package func end() -> WorkerDeath {
        watch.withLock { $0.deadline = $0.deadline ?? .now + Self.leave }
        while exit == nil {
            endIfLate()
            Thread.sleep(forTimeInterval: 0.005)
        }
        let cause = watch.withLock({ $0.isLate }) ? .late : exit ?? told
        return WorkerDeath(cause: cause, lastWords: lines.withLock { $0.lastWords })
    }

    /// Lets a worker go that has nothing more to do.
    package func dismiss() {
        try? requests.fileHandleForWriting.close()
        allow(Self.leave)
        while next() != nil {}
        _ = end()
    }
}

/// How a worker came to its end.
package struct WorkerDeath: Sendable {
    package enum Cause: Sendable {
        /// It was still at work when its time was over.
        case late
        case signal(Int32)
        case code(Int32)
    }

    package var cause: Cause
    /// The end of what it printed.
    package var lastWords: String

    private static let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGKILL: "SIGKILL",
        SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP"
    ]

    /// Such as `died of signal 11 (SIGSEGV)`.
    package func text(after limit: Duration) -> String {
        switch cause {
        case .late: "was ended after \(limit.inSeconds) s"
        case .signal(let number):
            "died of signal \(number)" + (WorkerDeath.names[number].map { " (\($0))" } ?? "")
        case .code(let code): "ended on its own, with exit code \(code)"
        }
    }
}
