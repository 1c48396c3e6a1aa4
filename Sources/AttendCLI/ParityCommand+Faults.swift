import ArgumentParser
import AttendParity
import AttendRuntime
import Foundation

/// The options for planted faults.
struct PlantedOptions: ParsableArguments {
    @Flag(
        name: .long,
        help:
            """
            Run the kit against each planted fault in turn, and print which ones it catches. Runs in one process; \
            --jobs N tests N operations at a time if the backend supports concurrent use.
            """
    )
    var selfTest = false

    @Flag(name: .long, help: "With --self-test: print the list of planted faults and run nothing.")
    var list = false

    @Flag(
        name: .long,
        help:
            """
            With --self-test: run every case of each fault, and count those that catch it. By default a fault's cases end \
            with the first that does, about a minute and a half per seed instead of ten.
            """
    )
    var everyCase = false

    @Flag(name: .long, help: "With --list: print a Markdown page.")
    var page = false

    @Option(
        name: .long,
        help:
            """
            With --self-test: run this many generated faults of the reference instead of the list, drawn by --seed, \
            and print the share that the quick and the full cases find. 2000 take about ten minutes on two cores. \
            Exit code 3: less than 90 % by the quick cases, or than 97 % by the full ones.
            """
    )
    var mutants: Int?

    @Option(
        name: .long,
        help: "With --mutants: keep the progress in this file, and go on from it if it is there.",
        completion: .file(extensions: ["json"]))
    var resume: String?

    @Option(
        name: .long,
        help:
            "Plant this fault; see --list for names. With --self-test: check only this fault. Repeatable.",
        completion: .list((PlantedFaults.all + PlantedFaults.violent).map(\.name)))
    var fault: [String] = []

    /// Throws for options that exclude each other.
    ///
    /// - Parameters:
    ///   - isSingle: Whether cases or operations were selected.
    ///   - others: Given options that the self-test does not support.
    func validate(isSingle: Bool, others: [String], seeds: Int?, jobs: Int?, json: Bool) throws {
        if selfTest, let other = others.first {
            throw ValidationError(
                "--self-test prints a score and sets its own limits; it can't be combined with \(other)")
        }
        guard !selfTest || seeds != 0 else { throw ValidationError("--self-test needs a seed; --seeds 0 leaves none") }
        guard !list || !json else { throw ValidationError("--list prints text; it can't be combined with --json") }
        let violent = fault.filter { name in PlantedFaults.violent.contains { $0.name == name } }
        if selfTest, jobs == 0, let name = violent.first {
            throw ValidationError("--fault \(name) kills or hangs its process, which needs workers; --jobs 0 has none")
        }
        guard !selfTest || !isSingle else {
            throw ValidationError("--self-test chooses its own cases; it can't be combined with --case or --operation")
        }
        try validateMutants(seeds: seeds)
        guard !everyCase || (selfTest && mutants == nil && !list) else {
            throw ValidationError(
                "--every-case counts the cases of --self-test; it needs a list of planted faults to run")
        }
        guard selfTest || !list else { throw ValidationError("--list needs --self-test") }
        guard list || !page else { throw ValidationError("--page needs --list") }
        guard selfTest || fault.count <= 1 else {
            throw ValidationError("one --fault at a time; several need --self-test")
        }
        for name in fault where PlantedFaults.fault(named: name) == nil {
            let known = (PlantedFaults.all + PlantedFaults.violent).map(\.name)
            throw ValidationError(
                """
                there is no planted fault "\(name)"\(Nearest.hint(for: name, among: known)); attend parity \
                --self-test --list shows them all
                """
            )
        }
    }

    private func validateMutants(seeds: Int?) throws {
        guard let mutants else {
            guard resume == nil else { throw ValidationError("--resume needs --mutants") }
            return
        }
        guard selfTest else { throw ValidationError("--mutants needs --self-test") }
        guard (1...1_000_000).contains(mutants) else {
            throw ValidationError("--mutants must be between 1 and 1000000, found \(mutants)")
        }
        guard fault.isEmpty else {
            throw ValidationError("--mutants draws its own faults; it can't be combined with --fault")
        }
        guard seeds == nil else { throw ValidationError("--mutants has one seed, --seed; remove --seeds") }
        guard !page else { throw ValidationError("--page is the list of planted faults; remove --mutants") }
    }

    /// Runs the mutants, and prints their score.
    func runMutants(_ count: Int, seed: Int, isQuick: Bool, jobs: Int, json: Bool) throws -> MutantScore {
        var test = MutantTest(count: count, seed: seed)
        test.isQuick = isQuick
        test.jobs = jobs
        test.record = resume.map { URL(fileURLWithPath: $0) }
        let progress = ProgressLine()
        let score = try test.score { step in
            progress.show("mutants of \(step.operation)", index: step.index, count: step.count)
        }
        progress.clear()
        if json { try Terminal.write(score.json) } else { Terminal.write(score.table) }
        return score
    }

    func writeList(seed: Int) {
        if let mutants {
            let lines = MutantDraw.mutants(mutants, seed: seed).map { "\($0.name)  \($0.summary)" }
            return Terminal.write(lines.joined(separator: "\n"))
        }
        // Terminal.write adds a line break.
        Terminal.write(page ? String(PlantedFaults.page.dropLast()) : PlantedFaults.text)
    }

    /// The backends with the named fault, if any.
    func applied(to backends: [any ComputeBackend]) -> [any ComputeBackend] {
        guard let fault = fault.first.flatMap({ PlantedFaults.fault(named: $0) }) else { return backends }
        return backends.map { PlantedFaults.backend($0, with: fault) }
    }

    /// Prints the number of cases in which the fault acted; if it is 0, a passing backend shows nothing.
    func tellActs(in report: ParityReport) {
        guard let fault = fault.first else { return }
        for device in report.backends {
            guard let acts = report.faultyCases(device.backend) else { continue }
            let count = report.total(of: device.backend).count
            Terminal.log("attend: the planted fault \(fault) acted in \(acts) of \(count) cases on \(device.backend)")
        }
    }

    /// - Parameter workers: Workers whose backend has a fault; nil omits the faults that need workers.
    func score(
        on backend: any ComputeBackend, seeds: [Int], isQuick: Bool, jobs: Int,
        workers: ((String) throws -> IsolatedRun)?
    ) throws -> SelfTestScore {
        let violent = PlantedFaults.violent.map(\.name)
        let names = fault.isEmpty ? nil : fault
        var test = try SelfTest(
            of: backend, seeds: seeds, isQuick: isQuick, faults: names?.filter { !violent.contains($0) })
        test.jobs = max(1, jobs)
        test.stopsAtFirstCatch = !everyCase
        let progress = ProgressLine()
        defer { progress.clear() }
        @Sendable func show(_ step: SelfTest.Progress) {
            progress.show("seed \(step.seed), \(step.operation)", index: step.index, count: step.count)
        }
        var score = test.score(progress: show)
        let wanted = names?.filter(violent.contains) ?? violent
        guard !wanted.isEmpty else { return score }
        guard let workers else {
            progress.clear()
            Terminal.log("attend: skipped, because --jobs 0 has no workers: \(wanted.joined(separator: ", "))")
            return score
        }
        var runs: [String: IsolatedRun] = [:]
        for name in wanted { runs[name] = try workers(name) }
        try ViolentSelfTest(seeds: seeds, runs: runs).add(to: &score, progress: show)
        return score
    }
}
