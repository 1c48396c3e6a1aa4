import AttendRuntime
import ReferenceBackend

/// The judgment of a mutant that no case found: whether it gives other bits on any of many random requests.
struct MutantJudge {
    /// The number of requests after which a mutant counts as equivalent.
    static let requestCount = 10_000

    /// What the random requests say of a mutant.
    enum Judgment: Equatable {
        /// It shows in this request, from 1.
        case shows(Int)
        /// It shows in none of them, but without its limits of sizes it would, or none of them is of its kind.
        case needsOthers
        /// It shows in none of them, with its limits of sizes and without.
        case equivalent
    }

    static func judgment(of mutant: Mutant) -> Judgment {
        var hasOccasion = false
        if let request = firstDifference(of: mutant, noting: &hasOccasion) { return .shows(request) }
        let open = mutant.withoutLimits
        // Most have no limits: their requests ran already.
        let showsOpen = open.summary != mutant.summary && firstDifference(of: open, noting: &hasOccasion) != nil
        return hasOccasion && !showsOpen ? .equivalent : .needsOthers
    }

    /// The number of the first request in which the mutant shows, from 1; nil if it never does.
    static func firstDifference(of mutant: Mutant, requests: Int = requestCount) -> Int? {
        var hasOccasion = false
        return firstDifference(of: mutant, requests: requests, noting: &hasOccasion)
    }

    /// - Parameter hasOccasion: Set where the mutant's condition is met in a request.
    private static func firstDifference(
        of mutant: Mutant, requests: Int = requestCount, noting hasOccasion: inout Bool
    ) -> Int? {
        var sampler = RequestSampler(mutant.operation, seed: mutant.seed &* 7919 &+ mutant.number)
        let backend = FaultyBackend(makeReference(), mutant)
        let hides = [.memory, .threads].contains(mutant.family)
        var number = 0
        while number < max(1, requests) {
            let draft = sampler.next()
            let recorder = RequestRecorder(makeReference())
            guard let graph = draft.graph(), let session = session(graph, on: recorder) else { continue }
            number += 1
            guard recorder.requests.contains(where: mutant.concerns) else { continue }
            hasOccasion = true
            // It shows between threads, and these requests run on one.
            if case .sharesScratch = mutant.mistake { return number }
            let runs = (0..<2).map { _ in sampler.values(for: draft) }
            let right = runs.map { outcome(of: session, $0) }
            guard let faulty = self.session(graph, on: backend) else { return number }
            let acts = backend.actCount
            // What is kept from the first run shows in the second, and the other way round.
            for turn in [0, 1, 0, 1, 0, 1] where outcome(of: faulty, runs[turn]) != right[turn] { return number }
            if hides, backend.actCount > acts { return number }
        }
        return nil
    }

    /// Whether a mutant can't show for a reason that has nothing to do with sizes, such as an axis that its operand never
    /// has: without its limits of sizes, it shows in none of many random requests.
    static func isVacuous(_ mutant: Mutant) -> Bool {
        firstDifference(of: mutant.withoutLimits, requests: 250) == nil
    }

    /// A session with a plan of little memory; nil for a graph that can't be planned so.
    private static func session(_ graph: Graph, on backend: any ComputeBackend) -> Session? {
        let program = Program(graph, on: backend, optimizer: .none)
        guard let plan = try? program.plan(symbols: [:]), plan.memory.byteCount < 1 << 20 else { return nil }
        return try? program.makeSession()
    }

    /// Results and errors of a run, as text: both are part of what a mutant does.
    private static func outcome(of session: Session, _ inputs: [String: Tensor]) -> String {
        FloatingPointEnvironment.inStandard {
            do throws(RunError) {
                let results = try session.run(inputs)
                return results.sorted { $0.key < $1.key }.map { "\($0.key) \(bits($0.value))" }.joined(separator: " ")
            } catch {
                return "\(error)"
            }
        }
    }

    private static func bits(_ tensor: Tensor) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        // The sign and the bits of NaN don't matter.
        if let floats = try? tensor.floats() {
            for float in floats {
                let bits = float.isNaN ? Float.nan.bitPattern : float.bitPattern
                hash = (hash ^ UInt64(bits)) &* 0x0000_0100_0000_01B3
            }
            return "\(hash)"
        }
        tensor.withBytes { bytes in
            for index in 0..<bytes.byteCount {
                let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            }
        }
        return "\(hash)"
    }
}
