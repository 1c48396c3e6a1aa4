import AttendRuntime
public import Foundation
import ReferenceBackend
import Synchronization

/// A test of the kit by generated faults: each mutant of the reference runs the cases of its operation, then the graphs
/// that contain it, until a case fails.
public struct MutantTest: Sendable {
    /// The number of mutants.
    public var count: Int
    /// The seed of the mutants; the cases have seed 1.
    public var seed: Int
    /// The number of operations tested concurrently; the score does not depend on it.
    public var jobs = 1
    /// The file of the progress: mutants that it lists are not run again. Nil for none.
    public var record: URL?
    /// Whether mutants run the quick cases only.
    public var isQuick = false
    /// Whether survivors are judged on random requests.
    package var judgesSurvivors = true

    /// A test with this many mutants.
    public init(count: Int, seed: Int = 1) { (self.count, self.seed) = (count, seed) }

    /// Runs the mutants.
    ///
    /// - Parameter progress: Called before each part: an operation's cases, the graphs, and a survivor's requests.
    /// - Throws: `FileError` for a record of other mutants, and errors of its file.
    /// - Complexity: Mutants × the cases of their operations, most of which find a mutant early.
    public func score(progress: @Sendable (SelfTest.Progress) -> Void = { _ in }) throws -> MutantScore {
        let clock = ContinuousClock()
        let start = clock.now
        let known = try MutantRecord(count: count, seed: seed, file: record)
        // A file that can't be written is told before the work, not after it.
        try known.save()
        let ledger = Ledger(known)
        let mutants = MutantDraw.mutants(count, seed: seed, jobs: jobs)
        runCases(of: mutants, ledger, progress)
        var open = mutants.filter { mutant in
            ledger.record.withLock {
                $0.outcomes[mutant.number].map { $0.killer == nil && $0.stage == .cases } ?? false
            }
        }
        if !open.isEmpty {
            progress(.init(seed: seed, operation: "graphs", index: 0, count: 1))
            var outcomes = open.compactMap { mutant in ledger.record.withLock { $0.outcomes[mutant.number] } }
            MutantRun.runGraphs(open, &outcomes, isQuick: isQuick, jobs: jobs)
            for index in outcomes.indices { outcomes[index].stage = .graphs }
            ledger.record.withLock { $0.add(outcomes) }
        }
        open = mutants.filter { mutant in
            ledger.record.withLock {
                $0.outcomes[mutant.number].map { $0.killer == nil && $0.stage == .graphs } ?? false
            }
        }
        if judgesSurvivors { judge(open, ledger, progress) }
        return try ledger.record.withLock { ledger in
            if let failure = ledger.failure { throw failure }
            var score = MutantScore(seed: seed, mutants: mutants, outcomes: ledger.outcomes)
            score.seconds = (clock.now - start).inSeconds
            return score
        }
    }

    private func runCases(
        of mutants: [Mutant], _ ledger: Ledger,
        _ progress: @Sendable (SelfTest.Progress) -> Void
    ) {
        let known = ledger.record.withLock { Set($0.outcomes.keys) }
        let open = Dictionary(grouping: mutants.filter { !known.contains($0.number) }, by: \.operation)
        let parts = MutantDraw.operations.filter { open[$0] != nil }
        forEach(parts) { index, operation in
            progress(.init(seed: seed, operation: operation, index: index, count: parts.count))
            let outcomes = MutantRun.outcomes(of: open[operation] ?? [], isQuick: isQuick)
            ledger.record.withLock { $0.add(outcomes) }
        }
    }

    private func judge(
        _ survivors: [Mutant], _ ledger: Ledger,
        _ progress: @Sendable (SelfTest.Progress) -> Void
    ) {
        forEach(survivors) { index, mutant in
            progress(.init(seed: seed, operation: mutant.name, index: index, count: survivors.count))
            guard var outcome = ledger.record.withLock({ $0.outcomes[mutant.number] }) else { return }
            outcome.shownBy =
                switch MutantJudge.judgment(of: mutant) {
                case .shows(let request): request
                case .needsOthers: -1
                case .equivalent: 0
                }
            outcome.stage = .requests
            ledger.record.withLock { $0.add([outcome]) }
        }
    }

    /// Runs a body for each element, on as many threads as there are jobs.
    private func forEach<Element: Sendable>(_ elements: [Element], _ body: @Sendable (Int, Element) -> Void) {
        Jobs.forEach(elements.count, jobs: jobs) { body($0, elements[$0]) }
    }

    /// The record, shared by threads.
    private final class Ledger: Sendable {
        let record: Mutex<MutantRecord>

        init(_ record: consuming MutantRecord) { self.record = Mutex(record) }
    }
}
