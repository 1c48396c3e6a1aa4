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

/// The command that starts a worker.
package struct WorkerCommand: Sendable {
    package var program: URL
    package var arguments: [String]

    package init(program: URL, arguments: [String]) { (self.program, self.arguments) = (program, arguments) }
}

/// The parent's side of a worker: one thread communicates with it, waits for it, and ends it after its deadline.
///
/// Communication ends with the worker process, even if others keep its pipe open: a kernel may leave child processes
/// that inherited it. A deadline applies until the process has exited, whatever it closed.
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

    /// The interval in milliseconds for checking whether a silent worker is still running.
    private static var pause: Int { 20 }
    /// An upper limit of the contents of a pipe.
    private static var pipeByteCount: Int { 1 << 20 }
    /// The time limit for a worker that was told to exit, or announced it.
    private static var leave: Duration { .seconds(5) }

    package init(_ command: WorkerCommand) throws {
        process.executableURL = command.program
        process.arguments = command.arguments
        process.standardInput = requests
        process.standardOutput = answers
        var environment = ProcessInfo.processInfo.environment
        // A backtrace of a crash takes seconds and does not fit in a report.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        process.environment = environment
        try process.run()
    }

    /// Sets the deadline from now on, until the next call; nil for none.
    package func allow(_ time: Duration?) {
        watch.withLock { $0.deadline = time.map { ContinuousClock.now + $0 } }
    }

    /// Ends a late worker, with a signal that can't be caught.
    private func endIfLate() {
        watch.withLock { watch in
            guard let deadline = watch.deadline, ContinuousClock.now > deadline, exit == nil else { return }
            watch = Watch(deadline: nil, isLate: true)
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// The cause of the worker's exit; nil while it runs.
    ///
    /// The system is queried instead of Foundation, which is notified only after the last process has exited that
    /// inherited one of its sockets.
    private var exit: WorkerDeath.Cause? {
        guard process.isRunning else { return told }
        var state = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(process.processIdentifier), &state, WEXITED | WNOHANG | WNOWAIT)
        if result != 0, errno == ECHILD {
            // Foundation has already reaped the process.
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

    /// The cause of exit of a process that Foundation reaped.
    private var told: WorkerDeath.Cause {
        process.terminationReason == .uncaughtSignal
            ? .signal(process.terminationStatus) : .code(process.terminationStatus)
    }

    /// Sends a task; false if the worker has exited.
    package func send(_ task: Data) -> Bool {
        do {
            try requests.fileHandleForWriting.write(contentsOf: task)
            return true
        } catch {
            return false
        }
    }

    /// The next message; nil if there are no more.
    package func next() -> Message? {
        // The remaining contents of the pipe of a worker that has exited; others may keep writing to it.
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

    /// Waits for the exit of a worker after its last message.
    package func end() -> WorkerDeath {
        watch.withLock { $0.deadline = $0.deadline ?? .now + Self.leave }
        while exit == nil {
            endIfLate()
            Thread.sleep(forTimeInterval: 0.005)
        }
        let cause = watch.withLock({ $0.isLate }) ? .late : exit ?? told
        return WorkerDeath(cause: cause, lastWords: lines.withLock { $0.lastWords })
    }

    /// Lets an idle worker exit.
    package func dismiss() {
        try? requests.fileHandleForWriting.close()
        allow(Self.leave)
        while next() != nil {}
        _ = end()
    }
}

/// The exit of a worker.
package struct WorkerDeath: Sendable {
    package enum Cause: Sendable {
        /// It was still running at its deadline.
        case late
        case signal(Int32)
        case code(Int32)
    }

    package var cause: Cause
    /// The beginning and end of its output.
    package var lastWords: String

    private static let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGILL: "SIGILL", SIGKILL: "SIGKILL",
        SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP"
    ]

    /// A description such as `died of signal 11 (SIGSEGV)`.
    package func text(after limit: Duration) -> String {
        switch cause {
        case .late: "was killed after \(limit.inSeconds) s"
        case .signal(let number):
            "died of signal \(number)" + (WorkerDeath.names[number].map { " (\($0))" } ?? "")
        case .code(let code): "exited with code \(code)"
        }
    }
}
