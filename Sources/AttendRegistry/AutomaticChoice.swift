public import AttendRuntime

/// The backend with the lowest predicted run time, and the predictions of the others.
public struct AutomaticChoice: Sendable {
    /// The selected backend.
    public let backend: any ComputeBackend
    /// The predictions of all measured candidates.
    public let ranking: BackendRanking
    /// The selected backend's program, with its plan for the sample inputs.
    public let program: Program
    /// Candidates that are unavailable or failed when measured, with the reasons.
    public let missing: [BackendUnavailable]

    /// A single line, such as `simd 6.5 ms, openblas 8.8 ms; opencl is left out: …`.
    public var reason: String {
        let predictions = ranking.entries.map { entry in
            entry.seconds.map { "\(entry.backend) \(AutomaticChoice.milliseconds($0))" }
                ?? "\(entry.backend) can't: \(entry.refusal ?? "")"
        }
        return (predictions + missing.map { "\($0.name) is excluded: \($0.reason)" }).joined(separator: "; ")
    }

    private static func milliseconds(_ seconds: Double) -> String {
        "\((seconds * 1e5).rounded() / 100) ms"
    }
}

/// The error for a graph that no candidate backend can run.
public struct NoBackend: Error, CustomStringConvertible {
    /// The reasons of all backends, separated by semicolons.
    public let reason: String

    /// The message.
    public var description: String { "no backend can run the graph: \(reason)" }
}

extension BackendRegistry {
    /// Makes the backend of this name, or of `ATTEND_BACKEND`, or the default, to run a graph: `auto` selects the one
    /// with the lowest predicted time for this graph and these inputs.
    ///
    /// - Throws: As ``backend(named:options:)`` and ``fastest(for:inputs:symbols:optimizer:options:profiles:report:)``.
    public func backend(
        named name: String? = nil, for graph: Graph, inputs: [String: Tensor], symbols: [String: Int] = [:],
        optimizer: Optimizer = .standard, options: BackendOptions = BackendOptions(),
        report: (String) -> Void = { _ in }
    ) throws -> any ComputeBackend {
        guard BackendRegistry.wantedName(name) == BackendRegistry.automaticName else {
            return try backend(named: name, options: options)
        }
        return try fastest(
            for: graph, inputs: inputs, symbols: symbols, optimizer: optimizer, options: options, report: report
        ).backend
    }

    /// The fastest backend for a typical graph: one block of a small encoder, `[1, 128, 384]` with 12 heads.
    ///
    /// - Throws: As ``fastest(for:inputs:symbols:optimizer:options:profiles:report:)``.
    public func fastest(
        options: BackendOptions = BackendOptions(), profiles store: ProfileStore = ProfileStore(),
        report: (String) -> Void = { _ in }
    ) throws -> AutomaticChoice {
        let (width, inner, tokens) = (384, 1536, 128)
        let builder = GraphBuilder("encoder_block")
        func weight(_ rows: Int, _ columns: Int) throws -> Value {
            try builder.constant(Tensor(zeros: [rows, columns]))
        }
        let input = try builder.input("input", TensorType(.float32, [1, tokens, width]))
        let attended = try input.selfAttention(
            AttentionWeights(
                query: weight(width, width), key: weight(width, width), value: weight(width, width),
                output: weight(width, width)), heads: 12)
        let hidden = try (input + attended.output).layerNorm(scale: nil, bias: nil)
        let changed = try hidden.linear(weight: weight(inner, width)).gelu().linear(weight: weight(width, inner))
        try builder.output("output", (hidden + changed).layerNorm(scale: nil, bias: nil))
        return try fastest(
            for: builder.build(), inputs: ["input": Tensor(zeros: [1, tokens, width])], options: options,
            profiles: store, report: report)
    }

    /// Selects the candidate with the lowest predicted time, from profiles measured once per device: see
    /// ``AttendRuntime/DeviceProfile``.
    ///
    /// - Parameters:
    ///   - inputs: Sample inputs; only their shapes matter.
    ///   - symbols: Values of symbols that no input determines.
    ///   - optimizer: The passes to be applied.
    ///   - report: Receives a line before a step that takes time, such as measuring.
    /// - Throws: `GraphError` for inputs that don't fit the graph; ``NoBackend``; other errors of a candidate's `make`
    ///   than ``BackendUnavailable``.
    public func fastest(
        for graph: Graph, inputs: [String: Tensor], symbols: [String: Int] = [:], optimizer: Optimizer = .standard,
        options: BackendOptions = BackendOptions(), profiles store: ProfileStore = ProfileStore(),
        report: (String) -> Void = { _ in }
    ) throws -> AutomaticChoice {
        var (backends, missing) = ([any ComputeBackend](), [BackendUnavailable]())
        for entry in entries where entry.isCandidate {
            do {
                backends.append(try backend(named: entry.name, options: options))
            } catch let error as BackendUnavailable {
                missing.append(error)
            }
        }
        var (measured, profiles) = ([any ComputeBackend](), [DeviceProfile]())
        for (backend, outcome) in zip(backends, store.outcomes(of: backends, report: report)) {
            do throws(RunError) {
                profiles.append(try outcome.get())
                measured.append(backend)
            } catch {
                missing.append(
                    BackendUnavailable(
                        name: backend.device.backend, reason: "its measurement failed: \(error)",
                        remedy: "attend parity --backend \(backend.device.backend) --quick shows details"))
            }
        }
        let ranking = try BackendRanking(
            graph, inputs: inputs, symbols: symbols, among: measured, optimizer: optimizer, profiles: profiles)
        guard let best = ranking.best, let program = ranking.bestProgram else {
            let reasons = ranking.entries.compactMap { $0.refusal } + missing.map(\.reason)
            throw NoBackend(reason: reasons.joined(separator: "; "))
        }
        return AutomaticChoice(backend: measured[best.candidate], ranking: ranking, program: program, missing: missing)
    }
}
