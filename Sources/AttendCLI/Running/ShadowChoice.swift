import ArgumentParser
import AttendParity
import AttendRegistry
import AttendRuntime

/// The value of `--shadow BACKEND[:FRACTION]`. An integer after a backend with devices selects a device, as with
/// `--backend`.
struct ShadowChoice {
    let backend: String
    var fraction = 1.0

    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let fraction = Double(text[text.index(after: colon)...]),
            !ShadowChoice.isDevice(text[text.index(after: colon)...], of: text[..<colon])
        else {
            backend = text
            return
        }
        guard fraction > 0, fraction <= 1 else {
            throw ValidationError("--shadow \(text): the fraction of kernels must be above 0 and at most 1")
        }
        (backend, self.fraction) = (String(text[..<colon]), fraction)
    }

    private static func isDevice(_ text: Substring, of backend: Substring) -> Bool {
        guard Int(text) != nil else { return false }
        // A plug-in's devices are unknown until it is loaded.
        guard let entry = BackendRegistry.builtIn.entry(named: String(backend)) else { return true }
        return entry.devices != nil
    }

    /// The shadow: the oracle is the reference with error bounds; any other backend also computes each kernel.
    func make(for graph: Graph, seed: UInt64, _ choice: BackendChoice) throws -> Shadow {
        guard backend != BackendRegistry.automaticName else {
            throw ValidationError(
                "--shadow \(backend): name the backend that recomputes the kernels, such as reference")
        }
        let registry = try choice.plugins.registry()
        let other = try registry.backend(named: backend, options: BackendOptions(threads: choice.threads))
        return Shadow(
            of: graph, fraction: fraction, on: other.device.backend == "reference" ? nil : other, seed: seed)
    }
}

extension ExecutionOptions {
    /// Runs a body with shadowed kernels, if requested.
    ///
    /// - Throws: ``ShadowFailure`` for the first kernel outside its bound.
    func shadowed<Result>(
        _ session: Session, _ choice: BackendChoice, _ body: () throws -> Result
    ) throws -> Result {
        guard let shadow else { return try body() }
        let wanted = try ShadowChoice(shadow)
        // Another sample in each process, so that all kernels are checked eventually.
        let seed = shadowSeed ?? Int.random(in: 1...999_999)
        let observer = try wanted.make(for: session.program.graph, seed: UInt64(seed), choice)
        session.observer = observer
        defer { session.observer = nil }
        let result = try body()
        let sample = wanted.fraction < 1 ? " (--shadow-seed \(seed))" : ""
        let count =
            "\(observer.judgedCount) of \(observer.kernelCount) kernels recomputed on \(wanted.backend)\(sample)"
        if let first = observer.first { throw ShadowFailure(description: "shadow: \(count); \(first)") }
        Terminal.log("shadow: \(count), each within its bound")
        return result
    }

    /// - Throws: `BackendUnavailable` for `--deterministic` on a backend that does not guarantee equal bits.
    func check(_ backends: [any ComputeBackend]) throws {
        guard deterministic else { return }
        for backend in backends {
            guard case .notPromised(let reason) = backend.device.determinism else { continue }
            throw BackendUnavailable(
                name: backend.device.backend, reason: "--deterministic: \(reason)",
                remedy: "choose a deterministic backend, such as \(BackendRegistry.defaultName)")
        }
    }
}

/// An error: a kernel of a shadowed run is outside its bound.
struct ShadowFailure: Error, CustomStringConvertible {
    let description: String
}
