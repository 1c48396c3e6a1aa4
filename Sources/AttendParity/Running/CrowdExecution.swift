import AttendRuntime

/// The execution of a crowd on one backend: cases of one operation whose kernels are all alive at once.
///
/// All kernels are made before the first run. Every member runs once in order and once in mixed order; then half of the
/// kernels are freed and made again, and all run once more. A member's runs must have the same bits.
struct CrowdExecution {
    let seed: Int
    let members: [CaseExecution]

    func run(on backend: any ComputeBackend, watcher: (@Sendable (CaseStep) -> Void)? = nil) -> CaseOutcome {
        let guarded = GuardedBackend(backend, watcher: watcher)
        var outcome = CaseOutcome(.passed)
        var sessions: [(member: Int, session: Session)] = []
        for (index, member) in members.enumerated() {
            do throws(RunError) {
                let session = try session(of: member, on: guarded)
                outcome.kernels += try session.plan(for: member.built.inputs).placements.map(\.kernel)
                sessions.append((index, session))
            } catch .plan(.unsupported(_, _, _, let reason)) {
                if outcome.kernels.isEmpty { outcome.verdict = .unsupported(reason) }
            } catch {
                outcome.verdict = .failed(CaseFailure(.error, "\(member.subject): \(error)"))
                return outcome
            }
        }
        guard !sessions.isEmpty else { return outcome }
        outcome.verdict = .passed
        do throws(CrowdFailure) {
            try run(&sessions, on: guarded, &outcome)
        } catch {
            outcome.verdict = .failed(error.failure)
            return outcome
        }
        if let failure = guarded.failureOfConduct() { outcome.verdict = .failed(failure) }
        return outcome
    }

    private func session(of member: CaseExecution, on backend: GuardedBackend) throws(RunError) -> Session {
        try member.built.program(on: backend).makeSession()
    }

    private func run(
        _ sessions: inout [(member: Int, session: Session)], on backend: GuardedBackend, _ outcome: inout CaseOutcome
    ) throws(CrowdFailure) {
        let alive = "with \(sessions.count) kernels alive"
        var first: [Int: [Tensor]] = [:]
        for (index, session) in sessions {
            let member = members[index]
            let outputs = try outputs(of: member, session)
            first[index] = outputs
            outcome.size += member.size
            let verdict = FloatingPointEnvironment.inStandard { member.verdict(on: outputs) { outcome.count($0) } }
            if case .failed(var failure) = verdict {
                failure.message = "\(alive), \(member.subject): \(failure.message)"
                throw CrowdFailure(failure: failure)
            }
        }
        var numbers = SeededNumbers(seed, "order")
        for round in 0..<2 {
            if round == 1 {
                // Freed first, so that what is made next may take their places.
                let freed = sessions.indices.filter { $0 % 2 == 0 }.map { sessions[$0].member }
                sessions.removeAll { freed.contains($0.member) }
                for index in freed {
                    do throws(RunError) {
                        sessions.append((index, try session(of: members[index], on: backend)))
                    } catch {
                        throw CrowdFailure(failure: CaseFailure(.error, "\(members[index].subject): \(error)"))
                    }
                }
            }
            var order = Array(sessions.indices)
            while !order.isEmpty {
                let (index, session) = sessions[order.remove(at: numbers.below(order.count))]
                let found = try outputs(of: members[index], session)
                let isSame = zip(found, first[index] ?? []).allSatisfy { $0.hasSameBits(as: $1) }
                guard !isSame else { continue }
                throw CrowdFailure(
                    failure: CaseFailure(
                        .notRepeatable,
                        "\(alive), \(members[index].subject) gave other bits after runs of other kernels"))
            }
        }
    }

    private func outputs(of member: CaseExecution, _ session: Session) throws(CrowdFailure) -> [Tensor] {
        do throws(RunError) {
            return try member.built.outputs(of: session, for: member.built.inputs)
        } catch {
            throw CrowdFailure(failure: CaseFailure(.error, "\(member.subject): the run failed: \(error)"))
        }
    }

    private struct CrowdFailure: Error {
        let failure: CaseFailure
    }
}
