public import AttendCore

/// Whether the kit finds what is wrong: it is run against backends that each have one planted fault.
///
/// For every seed, every fault and every case of the fault's operations, exactly as a run of the kit makes them,
/// the case runs on a backend that is right but for the fault. A fault is caught at a seed when at least one case
/// fails. The backend without a fault runs every case too, and must pass.
///
/// Faults that end the process or hang are not among them: `attend parity --self-test` runs those in workers.
public struct SelfTest: Sendable {
    public let backend: any ComputeBackend
    public var seeds: [Int]
    /// A part of the cases, as a quick run of the kit has them.
    public var isQuick: Bool
    let faults: [any ListedFault]

    /// - Parameter faults: By name; nil for the whole list.
    /// - Throws: ``CaseError`` for a name that is not in the list.
    public init(
        of backend: any ComputeBackend, seeds: [Int], isQuick: Bool = false, faults: [String]? = nil
    ) throws(CaseError) {
        self.backend = backend
        self.seeds = seeds
        self.isQuick = isQuick
        var wanted: [any ListedFault] = []
        for name in faults ?? [] {
            guard let fault = PlantedFaults.all.first(where: { $0.name == name }) else {
                throw CaseError(name, "is no planted fault; attend parity --self-test --list shows them all")
            }
            wanted.append(fault)
        }
        self.faults = faults == nil ? PlantedFaults.all : wanted
    }

    /// What is being done, before each operation of each seed.
    public struct Progress: Sendable {
        public var seed: Int
        public var operation: String
        public var index: Int
        public var count: Int
    }

    /// Runs it all.
    ///
    /// - Complexity: Seeds × faults × the cases of their operations.
    public func score(progress: (Progress) -> Void = { _ in }) -> SelfTestScore {
        let clock = ContinuousClock()
        let start = clock.now
        var score = SelfTestScore(
            backend: backend.device, seeds: seeds, rows: faults.map { SelfTestScore.Row(fault: $0) })
        let concerned = Set(faults.flatMap(\.operations))
        let operations = CaseCatalog.operations.filter(concerned.contains)
        for (turn, seed) in seeds.enumerated() {
            for (index, operation) in operations.enumerated() {
                progress(
                    Progress(
                        seed: seed, operation: operation, index: turn * operations.count + index,
                        count: seeds.count * operations.count))
                run(operation, seed, &score)
            }
        }
        score.seconds = (clock.now - start).inSeconds
        return score
    }

    private func run(_ operation: String, _ seed: Int, _ score: inout SelfTestScore) {
        let places = faults.indices.filter { faults[$0].operations.contains(operation) }
        let faulty = places.map { FaultyBackend(backend, faults[$0]) }
        for subject in CaseCatalog.cases(of: operation, CaseSelection(isQuick: isQuick, seed: seed)) {
            let isLong = subject.isRepeated
            // Where a case runs hundreds of times, what acts alike in each run would show nothing new.
            let concerned = places.indices.filter { !isLong || faults[places[$0]].extent == .run }
            let before = concerned.map { faulty[$0].actCount }
            let results = ParityRun(backends: [backend] + concerned.map { faulty[$0] }).results(of: subject)
            score.note(honest: results[0])
            for (turn, index) in concerned.enumerated() where faulty[index].actCount > before[turn] {
                score.rows[places[index]].note(results[turn + 1], at: seed)
            }
        }
    }
}
