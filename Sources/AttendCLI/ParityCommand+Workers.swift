import ArgumentParser
import AttendParity
import AttendRegistry
import AttendRuntime
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The options for processes.
struct WorkerOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            Number of worker processes; a crash fails only its own case. Default: one per processor, at most 8. 0 \
            runs all cases in this process.
            """,
            valueName: "n"))
    var jobs: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Time limit of a case on one backend. Default: 60. Not with --jobs 0.",
            valueName: "seconds"))
    var timeout: Double?

    /// Whether this process is a worker.
    @Flag(name: .customLong("worker"), help: .hidden)
    var isWorker = false

    func validate() throws {
        if let jobs, !(0...256).contains(jobs) {
            throw ValidationError("--jobs must be between 0 and 256, found \(jobs)")
        }
        guard let timeout else { return }
        guard timeout >= 0.1, timeout <= 86_400 else {
            throw ValidationError("--timeout must be between 0.1 and 86400 seconds, found \(timeout)")
        }
        guard jobs != 0 else { throw ValidationError("--timeout needs workers; --jobs 0 has none") }
    }

    /// The time limit of a case on a backend.
    var limit: Duration { .milliseconds(Int((timeout ?? 60) * 1000)) }

    var count: Int { jobs ?? min(8, max(1, ProcessInfo.processInfo.activeProcessorCount)) }
}

extension ParityCommand {
    /// The arguments of a worker: the options that choose and create the backends.
    private func workerArguments(_ names: [String], faults: [String]) -> [String] {
        var arguments = ["parity", "--worker"] + names.flatMap { ["--backend", $0] }
        if let threads { arguments += ["--threads", "\(threads)"] }
        return arguments + plugins.plugins.flatMap { ["--plugin", $0] } + faults.flatMap { ["--fault", $0] }
    }

    /// Workers with these backends.
    func isolatedRun(_ names: [String], faults: [String], limit: Duration) throws -> IsolatedRun {
        guard let program = Bundle.main.executableURL else {
            throw WorkerError.died(
                "cannot start workers: the path of this executable is unknown; --jobs 0 runs without workers")
        }
        let command = WorkerCommand(program: program, arguments: workerArguments(names, faults: faults))
        return IsolatedRun(command, jobs: workers.count, limit: limit)
    }

    /// Runs a body that writes to workers, without SIGPIPE: a dead worker must not end this process.
    func withoutPipeSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        return try body()
    }

    /// Cases are reproduced by a command, because this program knows the backends by name.
    var replayForm: ReplayForm {
        var options = planted.fault.map { "--fault \(ShellWord.quoted($0))" }
        if let threads { options.append("--threads \(threads)") }
        return .command(options: options + plugins.plugins.map { "--plugin \(ShellWord.quoted($0))" })
    }

    /// Runs the cases in workers, or in this process for `--jobs 0`.
    ///
    /// - Parameters:
    ///   - jobs: The number of workers; nil for that of the options.
    ///   - budget: The time after which no case is begun; nil for all cases.
    ///   - operations: The operations whose claims are audited.
    func report(
        on cases: [ParityCase], named names: [String], jobs: Int? = nil, within budget: Duration? = nil,
        auditing operations: [String] = []
    ) throws -> ParityReport {
        let progress = ProgressLine()
        defer { progress.clear() }
        func show(_ step: ParityRun.Progress) { progress.show(step) }
        guard workers.count > 0 else {
            let made = try makeBackends(names)
            var run = ParityRun(backends: made.backends)
            run.withThreads = made.remaking
            (run.replayForm, run.loadComplaints) = (replayForm, made.complaints)
            var report = run.report(on: cases, within: budget, progress: show)
            if !operations.isEmpty { run.audit(operations, in: &report) }
            return report
        }
        var run = try isolatedRun(names, faults: planted.fault, limit: workers.limit)
        run.replayForm = replayForm
        run.jobs = jobs ?? run.jobs
        return try withoutPipeSignals {
            var report = try run.report(
                on: cases, within: budget, progress: show, leftOut: { Terminal.log("attend: skipped: \($0)") })
            try run.audit(operations, in: &report)
            return report
        }
    }

    func makeBackends(_ names: [String]) throws -> MadeBackends {
        var made = try ParityBackends.make(named: names, threads: threads, plugins.registry()) {
            Terminal.log("attend: skipped: \($0)")
        }
        made.backends = planted.applied(to: made.backends)
        return made
    }

    /// Runs as a worker.
    func serve() {
        CaseWorker.begin()
        do {
            let made = try ParityBackends.make(
                named: backend, threads: threads, plugins.registry(), making: { CaseWorker.tell(.making($0)) },
                leftOut: { CaseWorker.tell(.leftOut($0)) })
            var run = ParityRun(backends: planted.applied(to: made.backends))
            run.withThreads = made.remaking
            run.loadComplaints = made.complaints
            CaseWorker.serve(run)
        } catch {
            CaseWorker.tell(.refused("\(error)", Exit.code(of: error)))
        }
    }
}
