import AttendBackends
import AttendCore

/// `--backend auto`: the backend that is expected to run the graph soonest, by what was measured of each device once.
struct AutomaticBackend {
    let registry: BackendRegistry
    let options: BackendOptions

    static let name = "auto"
    /// The specification is no candidate, and a plug-in runs only where it is named.
    private static let candidates = ["simd", "openblas", "opencl"]

    /// Says on stderr what was chosen and why.
    ///
    /// - Throws: What makes the graph unfit for any backend, else ``RunFailure`` with every backend's reason.
    func choose(for graph: Graph, inputs: [String: Tensor], symbols: [String: Int]) throws -> ChosenBackends {
        var (backends, missing) = ([any ComputeBackend](), [String]())
        for name in AutomaticBackend.candidates {
            do {
                backends.append(try registry.backend(named: name, options: options))
            } catch let error as BackendUnavailable {
                missing.append("\(name) is not there: \(error.reason)")
            }
        }
        let profiles = try ProfileStore().profiles(of: backends) { Terminal.log("auto: \($0)") }
        let ranking = try BackendRanking(
            graph, inputs: inputs, symbols: symbols, among: backends, profiles: profiles)
        let reasons =
            ranking.entries.map { entry in
                entry.seconds.map { "\(entry.backend) \(AutomaticBackend.milliseconds($0))" }
                    ?? "\(entry.backend) can't: \(entry.refusal ?? "")"
            } + missing
        guard let best = ranking.best else {
            throw RunFailure("no backend can run the graph: \(reasons.joined(separator: "; "))")
        }
        Terminal.log("auto: \(best.backend), by the time that is expected: \(reasons.joined(separator: "; "))")
        return ChosenBackends(backend: backends[best.candidate], fallbacks: [])
    }

    private static func milliseconds(_ seconds: Double) -> String { "\(Quantity.digits(seconds * 1000)) ms" }
}
