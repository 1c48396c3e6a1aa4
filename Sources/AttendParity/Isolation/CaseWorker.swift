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

/// The worker's side: reads cases from stdin, runs them and reports every step on stdout.
package enum CaseWorker {
    /// Redirects stderr to stdout, so that the last output of a crashing process is known.
    package static func begin() { dup2(STDOUT_FILENO, STDERR_FILENO) }

    package static func tell(_ message: WorkerMessage) { FileHandle.standardOutput.write(message.line) }

    /// Runs cases until stdin is closed.
    package static func serve(_ run: ParityRun) {
        var run = run
        run.protectsPages = true
        LentMemory.overwrites = true
        run.watcher = { step in
            switch step {
            case .backend(let index): tell(.backend(index))
            case .kernel(let name): tell(.kernel(name))
            }
        }
        let tasks = TaskQueue()
        // On a thread of its own, so that this process ends with its parent even if a kernel hangs. Without cleanup,
        // which a backend under test might not survive.
        Thread.detachNewThread {
            while let line = readLine() {
                if let task = WorkerTask(parsing: line) { tasks.add(task) }
            }
            _exit(0)
        }
        tell(.ready(run.backends.map(\.device)))
        while true {
            let task = tasks.next()
            if let operations = task.claimedOperations {
                for (index, backend) in run.backends.enumerated() {
                    tell(.claims(index, ClaimAudit(of: backend).claims(of: operations)))
                }
            } else if let subject = try? ParityCase(parsing: task.name) {
                run.run(subject, from: task.first) { index, result in
                    tell(
                        .finished(
                            index, result.outcome, seconds: result.seconds, oracleSeconds: result.oracleSeconds))
                }
            }
            tell(.done)
        }
    }

    private final class TaskQueue: Sendable {
        private let condition = NSCondition()
        private let tasks = Mutex<[WorkerTask]>([])

        func add(_ task: WorkerTask) {
            condition.withLock {
                tasks.withLock { $0.append(task) }
                condition.signal()
            }
        }

        func next() -> WorkerTask {
            condition.withLock {
                while true {
                    let task = tasks.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    if let task { return task }
                    condition.wait()
                }
            }
        }
    }
}
