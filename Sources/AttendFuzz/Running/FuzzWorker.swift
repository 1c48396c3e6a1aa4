import AttendParity
import AttendRuntime
import Foundation

/// The worker: reads tasks from stdin, and announces every step on stdout before it is taken.
package struct FuzzWorker: Sendable {
    /// The folder of this process for the files of cases.
    package var folder: String
    package var plant: FuzzPlant?
    /// The memory limit of a case in bytes.
    package var memoryLimit: Int
    /// The processor time limit of a case.
    package var limit: Duration

    /// The stack size of Dispatch's threads and Swift tasks, the smallest that a library runs on.
    private static let stackByteCount = 512 << 10

    package init(folder: String, plant: FuzzPlant?, memoryLimit: Int, limit: Duration) {
        (self.folder, self.plant, self.memoryLimit, self.limit) = (folder, plant, memoryLimit, limit)
    }

    package func tell(_ message: FuzzMessage) { FileHandle.standardOutput.write(message.line) }

    /// Runs tasks until stdin ends.
    package func serve() {
        CaseWorker.begin()
        onSmallStack {
            ProcessLimits.allowMemory(memoryLimit)
            var benches: [FuzzKind: FuzzBench] = [:]
            tell(.ready)
            while let line = readLine() {
                guard let task = FuzzTask(parsing: line) else { continue }
                do {
                    let kind = task.first.kind
                    tell(.preparing(kind.rawValue))
                    let bench = try benches[kind] ?? FuzzBench(kind, plant: plant, memoryLimit: memoryLimit)
                    benches[kind] = bench
                    for offset in 0..<task.count {
                        var subject = task.first
                        subject.index += offset
                        try run(subject, on: bench)
                    }
                    tell(.done)
                } catch {
                    tell(.failed("\(error)"))
                }
            }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    private func run(_ subject: FuzzCase, on bench: FuzzBench) throws {
        tell(.begun(subject.index))
        ProcessLimits.endAfter(seconds: Int((limit * FuzzRun.patience).inSeconds) + 60)
        ProcessLimits.endAfter(processorSeconds: limit.inSeconds)
        let made = bench.make(subject)
        tell(.made(subject.index, made.description))
        let start = ContinuousClock.now
        var outcome = try bench.run(made, named: subject.name, in: folder)
        let time = (ContinuousClock.now - start).inSeconds
        let peak = ProcessLimits.peakByteCount
        if !outcome.verdict.isFinding, peak > memoryLimit {
            outcome = .init(verdict: .memory, isRead: outcome.isRead, message: "the peak memory was \(peak >> 20) MiB")
        }
        tell(.ended(subject.index, outcome, microseconds: Int(time * 1e6), peakBytes: peak))
        ProcessLimits.endAfter(processorSeconds: 0)
        ProcessLimits.endAfter(seconds: 0)
    }

    private func onSmallStack(_ body: @escaping @Sendable () -> Void) {
        let end = DispatchSemaphore(value: 0)
        let thread = Thread {
            body()
            end.signal()
        }
        thread.stackSize = FuzzWorker.stackByteCount
        thread.start()
        end.wait()
    }
}
