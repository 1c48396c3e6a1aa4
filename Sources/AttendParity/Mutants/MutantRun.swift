import AttendRuntime
import Foundation
import ReferenceBackend
import Synchronization

/// The cases that mutants run.
package struct MutantRun {
    /// The outcomes of one operation's mutants in its cases: those of the quick selection first.
    package static func outcomes(of mutants: [Mutant], isQuick only: Bool) -> [MutantOutcome] {
        guard let operation = mutants.first?.operation else { return [] }
        var outcomes = mutants.map { MutantOutcome(number: $0.number) }
        let backends = mutants.map { FaultyBackend(makeReference(), $0) }
        let quick = CaseCatalog.cases(of: operation, CaseSelection(isQuick: true))
        let known = Set(quick)
        let rest =
            only ? [] : CaseCatalog.cases(of: operation, CaseSelection()).filter { !known.contains($0) }
        for (cases, isQuick) in [(quick, true), (rest, false)] {
            for subject in CaseOrder.likelyFirst(cases) {
                let alive = outcomes.indices.filter { outcomes[$0].killer == nil }
                guard !alive.isEmpty else { break }
                // Hundreds of runs show nothing new of a mistake that is made in each.
                let concerned = alive.filter {
                    !subject.isRepeated || [.time, .threads].contains(mutants[$0].family)
                }
                guard !concerned.isEmpty else { continue }
                for index in found(subject, concerned.map { backends[$0] }).map({ concerned[$0] }) {
                    (outcomes[index].killer, outcomes[index].isKilledByQuick) = (subject.name, isQuick)
                }
            }
        }
        return outcomes
    }

    /// Runs the survivors of all operations in the graphs that contain their operation.
    ///
    /// - Parameter outcomes: Those of the survivors, in their order.
    static func runGraphs(
        _ mutants: [Mutant], _ outcomes: inout [MutantOutcome], isQuick only: Bool, jobs: Int
    ) {
        let backends = mutants.map { FaultyBackend(makeReference(), $0) }
        let state = Mutex(outcomes)
        for isQuick in only ? [true] : [true, false] {
            let cases = ["transformer_block", "random_graph", "shape_graph", "stateful_graph"].flatMap {
                CaseCatalog.cases(of: $0, CaseSelection(isQuick: isQuick))
            }
            Jobs.forEach(cases.count, jobs: jobs) { place in
                let alive = state.withLock { state in state.indices.filter { state[$0].killer == nil } }
                for index in found(cases[place], alive.map { backends[$0] }).map({ alive[$0] }) {
                    state.withLock { state in
                        guard state[index].killer == nil else { return }
                        (state[index].killer, state[index].isKilledByQuick) = (cases[place].name, isQuick)
                    }
                }
            }
        }
        outcomes = state.withLock { $0 }
    }

    /// The indices of the mutants that a case finds.
    private static func found(_ subject: ParityCase, _ backends: [FaultyBackend]) -> [Int] {
        guard let execution = try? ParityRun(backends: []).execution(of: subject) else { return [] }
        let recorder = RequestRecorder(makeReference())
        _ = FloatingPointEnvironment.inStandard { execution.run(on: recorder, watcher: nil) }
        let requests = recorder.requests
        return backends.indices.filter { index in
            guard requests.contains(where: backends[index].fault.concerns) else { return false }
            let outcome = FloatingPointEnvironment.inStandard { execution.run(on: backends[index], watcher: nil) }
            if case .failed = outcome.verdict { return true }
            return false
        }
    }
}
