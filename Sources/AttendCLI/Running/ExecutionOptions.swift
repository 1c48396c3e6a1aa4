import ArgumentParser
import AttendParity
import AttendRegistry
import AttendRuntime

/// The options of a run: passes before it, and observers during it.
struct ExecutionOptions: ParsableArguments {
    @Flag(name: .customLong("no-optimize"), help: "Run the graph as written, node by node.")
    var isPlain = false

    @Option(
        name: .customLong("without-pass"),
        help: "A pass to skip, by its name in `attend inspect GRAPH --optimized`. Repeatable.",
        completion: .list(PassChoice.known))
    var omitted: [String] = []

    @Flag(name: .long, help: "Print the time per operation on stderr. Waits for each kernel.")
    var profile = false

    @Option(
        name: .long, help: "Write a trace of the run for Perfetto or chrome://tracing.",
        completion: .file(extensions: ["json"]))
    var trace: String?

    @Option(
        name: .long,
        help:
            """
            Recompute a sample of the run's kernels on another backend, and fail at the first result out of its \
            bound: BACKEND or BACKEND:FRACTION, such as reference:0.1.
            """,
        completion: .list(BackendRegistry.completions))
    var shadow: String?

    @Option(
        name: .long, help: "With --shadow: seed of the sample. Default: random in each run.")
    var shadowSeed: Int?

    @Flag(
        name: .long,
        help:
            "Require backends that guarantee the same bits for the same input, for any number of threads and any batch."
    )
    var deterministic = false

    func validate() throws {
        if let shadow { _ = try ShadowChoice(shadow) }
        if let shadowSeed {
            guard shadow != nil else { throw ValidationError("--shadow-seed needs --shadow") }
            guard shadowSeed >= 0 else {
                throw ValidationError("--shadow-seed must be at least 0, found \(shadowSeed)")
            }
        }
        try PassChoice.check(omitted)
    }

    var optimizer: Optimizer { isPlain ? .none : .standard.without(Set(omitted)) }

    var isProfiled: Bool { profile || trace != nil }

    /// Runs once more with a profile if requested, and prints or writes it.
    ///
    /// - Returns: The profile, for reports.
    @discardableResult
    func profiled(
        _ session: Session, _ inputs: [String: Tensor], capture names: [String] = [], on backends: [any ComputeBackend]
    ) throws -> RunProfile? {
        guard isProfiled else { return nil }
        let (profile, before) = (RunProfile(), session.observer)
        session.observer = profile
        defer { session.observer = before }
        _ = try session.run(inputs, capture: names)
        if self.profile { Terminal.log(ProfileTable(profile, backends: backends).lines().joined(separator: "\n")) }
        if let trace { try OutputFile.write(Array(profile.chromeTrace.serialized().utf8), to: trace) }
        return profile
    }
}

/// Passes by name.
enum PassChoice {
    static let known = Set(Optimizer.standard.passes.map(\.name)).sorted()

    /// - Throws: `ValidationError` for the name of an unknown pass.
    static func check(_ names: [String]) throws {
        for name in names where !known.contains(name) {
            throw ValidationError("--without-pass: \(Choice.unknown("pass", name, among: known))")
        }
    }
}
