import AttendParity
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// Workers that will not go: shell scripts that speak as workers do.
@Suite struct WorkerTests {
    private static let subject = "add[lhs=17,rhs=17,seed=2]"

    /// - Parameter acts: What the script does from the kernel on.
    private func run(_ acts: String, limit: Duration = .seconds(1)) throws -> (report: ParityReport, time: Duration) {
        let folder = URL(fileURLWithPath: try TemporaryFolder.untilExit())
        let reference = makeReference()
        let outcome = try ParityRun(backends: [reference]).results(of: named(Self.subject))[0].outcome
        func write(_ name: String, _ messages: [WorkerMessage]) throws {
            try messages.map(\.line).reduce(Data(), +).write(to: folder.appending(path: name))
        }
        try write("ready", [.ready([reference.device])])
        try write("begun", [.backend(0), .kernel("add")])
        try write("result", [.finished(0, outcome, seconds: 0, oracleSeconds: 0), .done])
        // A child that outlived its test would keep whoever reads the tests' output waiting.
        defer { endChild(folder.appending(path: "child")) }
        let rest = "rest() { sleep 100 & echo $! >child; }"
        let script = "cd '\(folder.path)'; \(rest); cat ready; read -r task; cat begun; \(acts)"
        let command = WorkerCommand(program: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script])
        let start = ContinuousClock.now
        let report = try IsolatedRun(command, jobs: 1, limit: limit).report(on: [named(Self.subject)])
        return (report, .now - start)
    }

    private func endChild(_ file: URL) {
        guard let text = try? String(contentsOf: file, encoding: .utf8),
            let number = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines))
        else { return }
        kill(number, SIGKILL)
    }

    /// What hangs takes longer here; a run may take a while on a busy machine.
    private static let patience = Duration.seconds(290)

    @Test(.tags(.slow), .unlessFast) func `a kernel that closes its output and loops is ended in time`() throws {
        let (report, time) = try run("exec >&- 2>&-; rest; wait; exit 0")
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .timedOut, "\(failure.message)")
        #expect(failure.message.contains("in kernel add"), "\(failure.message)")
        #expect(time < Self.patience)
    }

    @Test func `a kernel that dies and leaves a child with its pipe is noticed at once`() throws {
        let (report, time) = try run("rest; kill -ABRT $$", limit: .seconds(300))
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .died, "\(failure.message)")
        #expect(failure.message.contains("died of signal 6 (SIGABRT)"), "\(failure.message)")
        #expect(time < Self.patience)
    }

    @Test func `an honest kernel's child keeps nobody waiting`() throws {
        let (report, time) = try run("rest; cat result; read -r task; exit 0", limit: .seconds(300))
        #expect(report.passes, "\(report.table)")
        #expect(time < Self.patience, "\(report.table)")
    }

    @Test(.tags(.slow), .unlessFast) func `a worker that does not go when it is told to is ended`() throws {
        let (report, time) = try run("cat result; rest; wait; exit 0", limit: .seconds(300))
        #expect(report.passes, "\(report.table)")
        #expect(time < Self.patience, "\(report.table)")
    }

    @Test(.tags(.slow), .unlessFast)
    func `one that prints for ever is ended in time, and what it said last is repeated`() throws {
        let (report, time) = try run("while :; do echo so much to say; done")
        let failure = try #require(failures(in: report).first)
        #expect(failure.kind == .timedOut, "\(failure.message)")
        #expect(failure.message.contains("its last output: "), "\(failure.message)")
        #expect(time < Self.patience)
    }
}
