import ArgumentParser
import AttendParity
import AttendRegistry
import AttendRuntime

struct ParityCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "parity",
        abstract: "Check that backends compute what the specification says.",
        usage: """
            attend parity [<options>]
            attend parity --graph <graph> --inputs <inputs>
            attend parity --model <model> <texts> ...
            attend parity --model <model> --inputs <inputs>
            """,
        discussion: """
            Every operation runs on structured and seeded random inputs. Each element of each result is compared with \
            a double-precision oracle, within an error bound derived from the roundings that the operation needs, the \
            same for every backend. The memory around every buffer is checked. Every case runs several times, with \
            other inputs in between and in two sessions at once, and must give the same bits. Cases run in worker processes: if a backend crashes or hangs, only that case fails.

            With --graph or --model, a whole graph is checked instead of cases. Every step of its plan is compared \
            with the oracle on the step's actual inputs, and the first step out of its bound is named. The plan must \
            give the same bits as its nodes run one by one.

            Failures of one backend, operation, kind and dimension of cases probably have one cause: the smallest case \
            is shown, or each with --all. A failed case runs again alone; if it passes there, the cases that it depends \
            on are searched for among those before it.

            A case name contains all settings of its case; --case runs it again. Exit code 3: a case failed or could \
            not be judged, a planted fault escaped, or fewer mutants were found than should be; 4: a backend is unavailable or supports none of the operations.
            """)

    static let examples = [
        "attend parity --backend simd --quick", "attend parity", "attend parity --time 60s",
        "attend parity --backend simd --operation attention --seeds 50",
        "attend parity --backend simd \\",
        "  --case 'attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]'",
        "attend parity --backend simd --quick --timeout 10 --junit parity.xml --html parity.html",
        "attend parity --backend simd --model all-MiniLM-L6-v2 \"a fluffy blue creature\"",
        "cd Examples/CrossAttention && attend parity --graph translate.json --inputs sentence.json",
        "attend parity --self-test", "attend parity --self-test --list"
    ]
    static let essentials = ["backend", "quick", "operation", "case", "graph", "inputs", "model", "json"]

    @Option(
        name: .long,
        help: "Backends by name; repeatable or comma-separated. Default: all available backends.",
        completion: .list(BackendRegistry.builtIn.entries.map(\.name)))
    var backend: [String] = []

    @Option(name: .long, help: "Number of threads. Default: one per processor, and 1, 3 and 7 for some cases.")
    var threads: Int?

    @OptionGroup(title: "Backends") var plugins: PluginChoice

    @Flag(name: .long, help: "Run a sixth of the structured cases and 8 random ones per operation.")
    var quick = false

    @Flag(
        name: .long,
        help:
            """
            Run 2,500 random cases per operation, 10,000 runs of one case and more numbers of threads: up to an hour for \
            each backend.
            """)
    var deep = false

    @Option(
        name: .customLong("case"),
        help: "Run only the case with this name. Repeatable; with --jobs 1, one process runs the cases in this order.")
    var cases: [String] = []

    @Option(
        name: .long, help: "Run only this operation's cases; repeatable or comma-separated.",
        completion: .list(CaseCatalog.operations))
    var operation: [String] = []

    @Option(name: .long, help: "Seed of all values, in structured and random cases. Default: 1.")
    var seed: Int?

    @Option(
        name: .long,
        help:
            """
            Random cases per operation. Default: 150, 8 with --quick, or 2500 with --deep. With --self-test: number of seeds, starting \
            at --seed. Default: 10.
            """
    )
    var seeds: Int?

    @Option(
        name: .long,
        help:
            """
            Run the cases that most likely find a fault until this time is used, such as 60s, 5m or 1h: small cases \
            of every operation in turn, then larger ones. Running and shrinking failures again comes on top.
            """)
    var time: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            """
            Search for a smaller case with the same failure, for the first failure of each operation. Default: on, \
            except with --case.
            """
    )
    var shrink: Bool?

    @OptionGroup(title: "Whole graphs and models") var whole: WholeGraphOptions

    @OptionGroup(title: "Planted faults") var planted: PlantedOptions

    @OptionGroup(title: "Processes") var workers: WorkerOptions

    @OptionGroup(title: "Report") var files: ReportOptions

    @Flag(
        name: .long,
        help:
            """
            Print one JSON object: version, passes, backends, operations, claims, failures, not_run, seconds, groups \
            (failures by probable cause), cases (the numbers of selected ones and of those that ran). With \
            --graph or --model, a list of objects, one per backend. With --self-test, one object: version, passes, \
            backend, seeds, cases, large_cases, faults, false_alarms, seconds; for several backends, a list of such \
            objects.
            """
    )
    var json = false

    func validate() throws {
        if let seeds, seeds < 0 || seeds > 1_000_000 {
            throw ValidationError("--seeds must be between 0 and 1000000, found \(seeds)")
        }
        try planted.validate(
            isSingle: !cases.isEmpty || !operation.isEmpty, others: names(ofReports + ofLimits), seeds: seeds,
            jobs: workers.jobs, json: json)
        if planted.mutants != nil {
            guard backend.isEmpty || backend == ["reference"], threads == nil else {
                throw ValidationError("--mutants are of the reference; remove --backend and --threads")
            }
        }
        if let seed, !(0...1_000_000_000).contains(seed) {
            throw ValidationError("--seed must be between 0 and 1000000000, found \(seed)")
        }
        try Choice.checkThreads(threads)
        if !cases.isEmpty, !operation.isEmpty || quick || deep || seeds != nil {
            throw ValidationError(
                "--case names single cases; it can't be combined with --operation, --quick, --deep or --seeds")
        }
        guard !quick || !deep else { throw ValidationError("--quick and --deep exclude each other") }
        guard !deep || !planted.selfTest else {
            throw ValidationError("--self-test runs the full or the quick cases; remove --deep")
        }
        try whole.validate(others: names(ofCases + ofReports + ofLimits))
        if time != nil, !cases.isEmpty {
            throw ValidationError("--time chooses among the cases; it can't be combined with --case")
        }
        _ = try budget
        if json, files.all { throw ValidationError("--json has every failure; it can't be combined with --all") }
        for name in wantedOperations where !CaseCatalog.operations.contains(name) {
            throw ValidationError("--operation: \(Choice.unknown("operation", name, among: CaseCatalog.operations))")
        }
    }

    func run() throws {
        try Exit.reporting {
            guard !planted.list else { return planted.writeList(seed: seed ?? 1) }
            guard !planted.selfTest else { return try runSelfTest() }
            guard !workers.isWorker else { return serve() }
            guard !whole.isWanted else { return try runWhole() }
            let selected = try selectedCases()
            let files = try files.open()
            var report = try report(on: selected, named: backend, within: budget, auditing: auditedOperations)
            try rerunFailures(in: &report)
            if shrink ?? cases.isEmpty { try shrinkFailures(in: &report) }
            if json {
                try Terminal.write(report.json)
            } else {
                Terminal.write(report.table(showingAll: self.files.all))
            }
            planted.tellActs(in: report)
            let failures = files.write(report)
            for failure in failures { Terminal.fail("\(failure)") }
            guard report.passes else { throw ExitCode(report.isUnsupported ? Exit.unavailable : Exit.mismatch) }
            if !failures.isEmpty { throw ExitCode(Exit.failure) }
        }
    }

    /// Runs the self-test on the reference, unless other backends are named.
    private func runSelfTest() throws {
        if let mutants = planted.mutants {
            let score = try planted.runMutants(
                mutants, seed: seed ?? 1, isQuick: quick, jobs: workers.jobs ?? 2, json: json)
            guard score.passes(isQuick: quick) else { throw ExitCode(Exit.mismatch) }
            return
        }
        let names = backend.isEmpty ? ["reference"] : backend.flatMap(ParityBackends.words)
        let numbers = (0..<(seeds ?? 10)).map { (seed ?? 1) + $0 }
        var scores: [SelfTestScore] = []
        var complaints: [String] = []
        for name in names {
            let made = try ParityBackends.make(named: [name], threads: threads, plugins.registry()) { _ in }
            let score = try withoutPipeSignals {
                try planted.score(
                    on: made.backends[0], seeds: numbers, isQuick: quick, jobs: workers.jobs ?? 1,
                    workers: workers.count == 0
                        ? nil : { try isolatedRun([name], faults: [$0], limit: ViolentSelfTest.limit) })
            }
            if !json { Terminal.write(score.table) }
            for complaint in made.complaints.values { Terminal.fail(complaint) }
            scores.append(score)
            complaints += made.complaints.values
        }
        if json { try Terminal.write(scores.count == 1 ? scores[0].json : .array(scores.map(\.json))) }
        guard scores.allSatisfy(\.passes), complaints.isEmpty else { throw ExitCode(Exit.mismatch) }
    }
}
