public import AttendRuntime
import Foundation
import Synchronization

/// A self-test of the kit: it runs against backends with one planted fault each.
///
/// For every seed, fault and case of the fault's operations, exactly as in a normal run, the case runs on a backend
/// that is correct except for the fault. A fault is caught at a seed if at least one case fails. The backend without a
/// fault runs every case too, and must pass.
///
/// Faults that end the process or hang are excluded: `attend parity --self-test` runs those in workers.
public struct SelfTest: Sendable {
    /// The backend that gets the faults.
    public let backend: any ComputeBackend
    /// The seeds of the cases.
    public var seeds: [Int]
    /// Whether to run only the cases of a quick selection.
    public var isQuick: Bool
    /// Whether to skip a fault's remaining cases of an operation at a seed after the first that catches it. Counts of
    /// cases are smaller then, but the same faults are caught.
    public var stopsAtFirstCatch = false
    /// The number of operations tested concurrently; the score does not depend on it.
    public var jobs = 1
    let faults: [any ListedFault]

    /// A self-test on a backend.
    ///
    /// - Parameter faults: The names of the faults; nil for the whole list.
    /// - Throws: ``CaseError`` for a name that is not in the list.
    public init(
        of backend: any ComputeBackend, seeds: [Int], isQuick: Bool = false, faults: [String]? = nil
    ) throws(CaseError) {
        self.backend = backend
        self.seeds = seeds
        self.isQuick = isQuick
        var wanted: [any ListedFault] = []
        for name in faults ?? [] {
            let listed = PlantedFaults.all.first { $0.name == name }
            guard let fault = listed ?? MutantDraw.mutant(named: name) else {
                throw CaseError(name, "is not a planted fault; attend parity --self-test --list shows them all")
            }
            wanted.append(fault)
        }
        self.faults = faults == nil ? PlantedFaults.all : wanted
    }

    /// The progress of a self-test: the next operation and seed.
    public struct Progress: Sendable {
        /// The seed.
        public var seed: Int
        /// The operation's name.
        public var operation: String
        /// The index of the part, from 0 up.
        public var index: Int
        /// The number of parts: seeds × operations.
        public var count: Int
    }

    /// Runs the self-test.
    ///
    /// - Complexity: Seeds × faults × the cases of their operations.
    public func score(progress: @Sendable (Progress) -> Void = { _ in }) -> SelfTestScore {
        let clock = ContinuousClock()
        let start = clock.now
        let score = SelfTestScore(
            backend: backend.device, seeds: seeds, rows: faults.map { SelfTestScore.Row(fault: $0) })
        let concerned = Set(faults.flatMap(\.operations))
        let operations = CaseCatalog.operations.filter(concerned.contains)
        let parts = seeds.flatMap { seed in operations.map { (seed: seed, operation: $0) } }
        let ledger = Mutex(Ledger(score: score))
        Jobs.forEach(parts.count, jobs: jobs) { index in
            let (seed, operation) = parts[index]
            progress(Progress(seed: seed, operation: operation, index: index, count: parts.count))
            let found = findings(operation, seed)
            ledger.withLock { $0.add(found, at: index) }
        }
        return ledger.withLock { ledger in
            ledger.score.seconds = (clock.now - start).inSeconds
            return ledger.score
        }
    }

    /// The results of all threads. Parts are counted in their order, because the score names first failures.
    private struct Ledger {
        var score: SelfTestScore
        private var counted = 0
        private var waiting: [Int: Findings] = [:]

        init(score: SelfTestScore) { self.score = score }

        mutating func add(_ found: Findings, at index: Int) {
            waiting[index] = found
            while let next = waiting.removeValue(forKey: counted) {
                for result in next.honest { score.note(honest: result) }
                for (fault, result) in next.faulty { score.rows[fault].note(result, at: next.seed) }
                counted += 1
            }
        }
    }

    /// The results of one operation's cases at one seed.
    private struct Findings {
        let seed: Int
        var honest: [CaseResult] = []
        /// The results by the fault's index in the list, for faults that acted.
        var faulty: [(Int, CaseResult)] = []
    }

    private func findings(_ operation: String, _ seed: Int) -> Findings {
        var found = Findings(seed: seed)
        let places = faults.indices.filter { faults[$0].operations.contains(operation) }
        let faulty = places.map { FaultyBackend(backend, faults[$0]) }
        var (skipped, caught): (Set<Int>, Set<Int>) = ([], [])
        var selection = CaseSelection(isQuick: isQuick, seed: seed)
        selection.threadCounts = selection.usualThreadCounts
        let cases = CaseCatalog.cases(of: operation, selection)
        for subject in stopsAtFirstCatch ? CaseOrder.likelyFirst(cases) : cases {
            // Without a fault to find, the rest of the cases is for other runs of the kit.
            if stopsAtFirstCatch, skipped.count == places.count, !found.honest.isEmpty { break }
            let isLong = subject.isRepeated
            // Large cases are for faults that no smaller one shows.
            let isLarge = (try? subject.build())?.elementCount ?? 0 > 1 << 14
            // A case with hundreds of runs shows nothing new about a fault that acts in each run.
            let concerned = places.indices.filter {
                !skipped.contains($0) && (!isLong || faults[places[$0]].extent == .run)
                    && !(isLarge && caught.contains($0))
            }
            let before = concerned.map { faulty[$0].actCount }
            var run = ParityRun(backends: [backend] + concerned.map { faulty[$0] })
            run.replayForm = .command()
            // Faults know the number of threads that a case asks for; the backend below them may keep its own.
            run.withThreads = { [backend] _, _ in backend }
            let results = run.results(of: subject)
            found.honest.append(results[0])
            for (turn, index) in concerned.enumerated() where faulty[index].actCount > before[turn] {
                found.faulty.append((places[index], results[turn + 1]))
                guard case .failed = results[turn + 1].outcome.verdict else { continue }
                caught.insert(index)
                if stopsAtFirstCatch { skipped.insert(index) }
            }
        }
        return found
    }
}
