import AttendRuntime

/// The part of the self-test with faults that end their process or hang: each of their cases runs in a worker.
///
/// At every seed a fault gets two cases in which it acts, each of which must be one failure, and two in which it does
/// not act, which must pass.
package struct ViolentSelfTest {
    package var seeds: [Int]
    private let faults: [any ListedFault]
    /// The workers for each fault, whose backend has the fault.
    private let runs: [String: IsolatedRun]

    /// The time limit of a case, which hanging cases use up. A correct product needs a thousandth of it, if no driver
    /// compiles.
    package static let limit = Duration.seconds(10)

    /// - Parameter runs: The workers for each fault by its name, whose backend has the fault.
    package init(seeds: [Int], runs: [String: IsolatedRun]) {
        self.seeds = seeds
        faults = PlantedFaults.violent.filter { runs[$0.name] != nil }
        self.runs = runs
    }

    /// Runs the faults and adds a row for each.
    package func add(to score: inout SelfTestScore, progress: (SelfTest.Progress) -> Void) throws(WorkerError) {
        let clock = ContinuousClock()
        let start = clock.now
        for (turn, fault) in faults.enumerated() {
            var row = SelfTestScore.Row(fault: fault)
            for (place, seed) in seeds.enumerated() {
                progress(
                    SelfTest.Progress(
                        seed: seed, operation: fault.name, index: turn * seeds.count + place,
                        count: faults.count * seeds.count))
                let (acting, calm) = ViolentSelfTest.cases(fault, seed)
                guard let report = try runs[fault.name]?.report(on: acting + calm) else { continue }
                for result in report.results {
                    if acting.contains(result.subject) {
                        row.note(result, at: seed)
                    } else {
                        score.note(honest: result)
                    }
                }
            }
            score.rows.append(row)
        }
        score.seconds += (clock.now - start).inSeconds
    }

    /// Cases in which the fault acts, depending on its kernel's request, and cases in which it does not: of a leak, the
    /// case with many runs and others.
    private static func cases(_ fault: any ListedFault, _ seed: Int) -> (acting: [ParityCase], calm: [ParityCase]) {
        var (acting, calm): ([ParityCase], [ParityCase]) = ([], [])
        guard !fault.needsManyRuns else {
            var selection = CaseSelection(seed: seed)
            selection.watchesMemory = true
            let cases = fault.operations.flatMap { CaseCatalog.cases(of: $0, selection) }
            return (cases.filter(\.isRepeated), Array(cases.filter { !$0.isRepeated }.prefix(2)))
        }
        for operation in fault.operations {
            for subject in CaseCatalog.cases(of: operation, CaseSelection(seed: seed)) where !subject.isRepeated {
                guard subject.dtypes == "float32", let graph = try? subject.build().graph else { continue }
                let acts = graph.nodes.contains { node in
                    fault.concerns(
                        KernelRequest(
                            operation: node.operation, inputs: [],
                            outputs: node.outputs.map { id in
                                let type = graph.type(of: id)
                                return Operand(dtype: type.dtype, layout: Layout(dense: type.concreteShape ?? []))
                            }))
                }
                if acts { acting.append(subject) } else { calm.append(subject) }
            }
        }
        return (Array(acting.prefix(2)), Array(calm.prefix(2)))
    }
}
