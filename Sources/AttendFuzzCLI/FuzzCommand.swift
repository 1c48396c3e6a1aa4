import ArgumentParser
import AttendFuzz
import AttendParity
import AttendRuntime
import Foundation

@main
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attend-fuzz",
        abstract: "Mutate Attend's input files, and look for crashes, hangs, excessive memory and wrong results.",
        discussion: """
            Every case is derived from the seed: a case name, such as graph-7-123, is enough to replay it.

            EXAMPLES
              attend-fuzz --cases 1000
              attend-fuzz --kind model --kind tokenizer --seed 7
              attend-fuzz --replay graph-7-123 --keep folder

            Exit codes: 0 no findings, 1 findings or a failure, 64 usage.
            """)

    @Option(name: .long, help: "Seed of all random choices. Default: random; it is printed.")
    var seed: Int?

    @Option(name: .long, help: "Number of cases per kind.")
    var cases = 1000

    @Option(
        name: .long,
        help: "Kind of input: \(FuzzKind.allCases.map(\.rawValue).joined(separator: ", ")). Repeatable. Default: all."
    )
    var kind: [String] = []

    @Option(name: .long, help: "Number of worker processes. Default: one per processor, at most 8.")
    var jobs: Int?

    @Option(name: .long, help: ArgumentHelp("Time limit of a case.", valueName: "seconds"))
    var timeout = 10.0

    @Option(name: .long, help: ArgumentHelp("Memory limit of a case.", valueName: "mib"))
    var memory = 2048

    @Option(name: .long, help: "Replay this case, and print its mutations and its outcome.")
    var replay: String?

    @Option(name: .long, help: "Write the files of findings, or of --replay, to this folder.")
    var keep: String?

    @Flag(name: .long, help: "With --replay: run in this process, for a debugger.")
    var here = false

    @Flag(name: .long, help: "Print one JSON object.")
    var json = false

    @Option(name: .long, help: .hidden)
    var plant: FuzzPlant?

    @Option(name: .customLong("worker"), help: .hidden)
    var scratch: String?

    func validate() throws {
        guard (1...100_000_000).contains(cases) else {
            throw ValidationError("--cases must be between 1 and 100000000, found \(cases)")
        }
        guard timeout >= 0.1, timeout <= 3600 else {
            throw ValidationError("--timeout must be between 0.1 and 3600 seconds, found \(timeout)")
        }
        guard (64...(1 << 20)).contains(memory) else {
            throw ValidationError("--memory must be between 64 and \(1 << 20) MiB, found \(memory)")
        }
        if let seed, seed < 0 { throw ValidationError("--seed must not be negative, found \(seed)") }
        if let jobs, !(1...256).contains(jobs) {
            throw ValidationError("--jobs must be between 1 and 256, found \(jobs)")
        }
        guard !here || replay != nil else { throw ValidationError("--here needs --replay") }
        _ = try kinds()
    }

    private func kinds() throws -> [FuzzKind] {
        let known = FuzzKind.allCases.map(\.rawValue)
        let named = try kind.map { name in
            guard let kind = FuzzKind(rawValue: name) else {
                throw ValidationError(
                    """
                    there is no kind "\(name)"\(Nearest.hint(for: name, among: known)); known kinds: \
                    \(known.joined(separator: ", "))
                    """
                )
            }
            return kind
        }
        return named.isEmpty ? FuzzKind.allCases : FuzzKind.allCases.filter(named.contains)
    }

    func run() throws {
        do {
            if let scratch {
                let folder = "\(scratch)/\(ProcessInfo.processInfo.processIdentifier)"
                let worker = FuzzWorker(
                    folder: folder, plant: plant, memoryLimit: memory << 20, limit: .seconds(timeout))
                return worker.serve()
            }
            let isClean = try replay.map(replayCase) ?? fuzz()
            if !isClean { throw ExitCode(1) }
        } catch let error as FuzzError {
            log("attend-fuzz: \(error)")
            throw ExitCode(1)
        }
    }

    // MARK: A run

    /// The command that shows a case again, without its name.
    private var replayCommand: String {
        "attend-fuzz" + (plant.map { " --plant \($0.rawValue)" } ?? "") + (timeout == 10 ? "" : " --timeout \(timeout)")
            + (memory == 2048 ? "" : " --memory \(memory)") + " --replay"
    }

    private func fuzz() throws -> Bool {
        let seed = seed ?? Int.random(in: 0..<1_000_000)
        return try withScratch { scratch in
            let run = try isolated(scratch)
            var shown = ContinuousClock.now
            var report = try run.report(on: kinds(), seed: seed, count: cases) { done, total, findings in
                guard ContinuousClock.now - shown > .seconds(10) else { return }
                shown = .now
                log("seed \(seed): \(done) of \(total) cases, \(findings) findings")
            }
            try FuzzShrinking.shrink(&report, with: run)
            if let keep {
                for finding in report.findings {
                    try write(finding.subject, to: "\(keep)/\(finding.subject.name)")
                }
            }
            print(
                json
                    ? try report.json(replay: replayCommand).serialized(pretty: true)
                    : report.text(replay: replayCommand))
            return report.findings.isEmpty
        }
    }

    private func isolated(_ scratch: String) throws -> FuzzRun {
        guard let program = Bundle.main.executableURL else {
            throw FuzzError("cannot start workers: the path of this executable is unknown")
        }
        let arguments =
            ["--worker", scratch, "--timeout", "\(timeout)", "--memory", "\(memory)"]
            + (plant.map { ["--plant", $0.rawValue] } ?? [])
        return FuzzRun(
            WorkerCommand(program: program, arguments: arguments),
            jobs: jobs ?? min(8, max(1, ProcessInfo.processInfo.activeProcessorCount)), limit: .seconds(timeout),
            memoryLimit: memory << 20)
    }

    /// A folder that is gone afterwards, in memory where the system has such a place: a case writes a dozen files.
    private func withScratch<Result>(_ body: (String) throws -> Result) throws -> Result {
        let manager = FileManager.default
        let shared = "/dev/shm"
        let parent = manager.isWritableFile(atPath: shared) ? shared : manager.temporaryDirectory.path
        let folder = "\(parent)/attend-fuzz-\(UUID().uuidString)"
        try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? manager.removeItem(atPath: folder) }
        signal(SIGPIPE, SIG_IGN)
        return try body(folder)
    }

    // MARK: One case

    private func write(_ subject: FuzzCase, to folder: String) throws {
        let bench = try FuzzBench(subject.kind, plant: plant, memoryLimit: memory << 20)
        try bench.write(bench.make(subject), to: folder)
    }

    private func replayCase(_ name: String) throws -> Bool {
        let subject = try FuzzCase(parsing: name)
        if let keep { try write(subject, to: keep) }
        let outcome: FuzzBench.Outcome
        let mutations: String
        if here {
            let bench = try FuzzBench(subject.kind, plant: plant, memoryLimit: memory << 20)
            let made = bench.make(subject)
            mutations = made.description
            log("\(subject.name): \(mutations)")
            outcome = try withScratch { try bench.run(made, named: subject.name, in: $0 + "/case") }
        } else {
            let report = try withScratch { try isolated($0).report(on: subject) }
            guard let result = report.last else { throw FuzzError("the worker gave no result") }
            (outcome, mutations) = (result.outcome, result.mutations)
        }
        if json {
            let members: [JSONValue.Member] = [
                .init("version", .integer(1)), .init("case", .string(subject.name)),
                .init("verdict", .string(outcome.verdict.rawValue)), .init("read", .bool(outcome.isRead)),
                .init("mutations", .string(mutations)), .init("message", .string(outcome.message))
            ]
            print(try JSONValue.object(members).serialized(pretty: true))
        } else {
            print("\(subject.name): \(outcome.verdict.rawValue)\(outcome.isRead ? ", the files were read" : "")")
            print("mutations: \(mutations.isEmpty ? "none" : mutations)")
            if !outcome.message.isEmpty { print(outcome.message) }
        }
        return !outcome.verdict.isFinding
    }

    private func log(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8)) }
}

extension FuzzPlant: ExpressibleByArgument {}
