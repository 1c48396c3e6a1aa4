import AttendRuntime
import Foundation
import Synchronization

/// Two sessions of one program that run at the same time, each on its own thread and stream: one with a case's inputs,
/// the other with the other values. Kernels are shared, so that state of a kernel or of its backend shows.
struct ConcurrentRuns: Sendable {
    let built: BuiltCase
    /// The number of runs on each thread.
    let rounds: Int

    /// Where the sessions' memory lies, if it is the host's.
    var placement = GuardedPages.Placement.anywhere

    /// The rounds of an ordinary case.
    static let fewRounds = 2
    /// The rounds of a case with few elements.
    static let smallRounds = 6
    /// The rounds of the case that is repeated.
    static let manyRounds = 60

    /// Runs both, and compares their bits with those of runs one after another.
    ///
    /// - Parameter expected: The outputs for the case's inputs, and for the other ones.
    /// - Returns: The first failure of either session; nil for none.
    func failure(on backend: any ComputeBackend, expecting expected: [[Tensor]]) -> CaseFailure? {
        // A protected page lies at the buffers' very ends, without a zone between.
        let guarded = placement == .anywhere ? GuardedBackend(backend, zones: .numbers) : nil
        let program = built.program(on: guarded ?? backend)
        let meeting = Meeting()
        let done = DispatchGroup()
        for (index, inputs) in [built.inputs, built.others].enumerated() {
            done.enter()
            let thread = Thread {
                let failure = FloatingPointEnvironment.inStandard { () -> CaseFailure? in
                    do throws(RunError) {
                        return try GuardedPages.$placement.withValue(placement) {
                            Result { () throws(RunError) in try run(program, inputs, expected[index], meeting) }
                        }.get()
                    } catch {
                        return CaseFailure(.error, "the run failed while another session ran: \(error)")
                    }
                }
                meeting.note(failure, of: index)
                done.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        done.wait()
        if let failure = meeting.failure { return failure }
        guard var failure = guarded?.failureOfConduct() else { return nil }
        failure.message = "while two sessions ran: \(failure.message)"
        return failure
    }

    private func run(
        _ program: Program, _ inputs: [String: Tensor], _ expected: [Tensor], _ meeting: Meeting
    ) throws(RunError) -> CaseFailure? {
        // The first run makes the kernels; both sessions start the others together.
        let session = try program.makeSession()
        for round in 0...rounds {
            if round == 1 { meeting.arrive() }
            let outputs = try built.outputs(of: session, for: inputs)
            for (output, (found, expected)) in zip(built.graph.outputs, zip(outputs, expected)) {
                guard let place = found.firstDifferentBit(from: expected) else { continue }
                return CaseFailure(
                    .concurrency,
                    "while another session ran, \(output.name) has other bits than alone, first at position \(place)")
            }
        }
        return nil
    }

    /// The point where both threads wait for each other, and their failures.
    private final class Meeting: Sendable {
        private let missing = Atomic(2)
        private let failures = Mutex<[Int: CaseFailure]>([:])

        /// Waits for the other thread, unless that has failed.
        func arrive() {
            missing.subtract(1, ordering: .acquiringAndReleasing)
            while missing.load(ordering: .acquiring) > 0, failure == nil { Thread.sleep(forTimeInterval: 1e-6) }
        }

        func note(_ failure: CaseFailure?, of index: Int) {
            guard let failure else { return }
            failures.withLock { $0[index] = failure }
        }

        /// The first session's failure, or the second's.
        var failure: CaseFailure? { failures.withLock { $0[0] ?? $0[1] } }
    }
}
