import ArgumentParser
import AttendBackends
import AttendCore
import AttendParity

/// `--shadow BACKEND[:FRACTION]`.
struct ShadowChoice {
    let backend: String
    var fraction = 1.0

    init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let fraction = Double(text[text.index(after: colon)...]) else {
            backend = text
            return
        }
        guard (0...1).contains(fraction) else {
            throw ValidationError("--shadow \(text): the fraction of kernels is a number from 0 to 1")
        }
        (backend, self.fraction) = (String(text[..<colon]), fraction)
    }

    /// The oracle is the reference with its bounds; any other backend computes beside it.
    func make(for graph: Graph, _ choice: BackendChoice) throws -> Shadow {
        let registry = try choice.plugins.registry()
        let other = try registry.backend(named: backend, options: BackendOptions(threads: choice.threads))
        return Shadow(of: graph, fraction: fraction, on: other.device.backend == "reference" ? nil : other)
    }
}

extension ExecutionOptions {
    /// A run whose kernels are shadowed, where that is wanted.
    ///
    /// - Throws: ``ShadowFailure`` for the first kernel that is out of its bound.
    func shadowed<Result>(
        _ session: Session, _ choice: BackendChoice, _ body: () throws -> Result
    ) throws -> Result {
        guard let shadow else { return try body() }
        let wanted = try ShadowChoice(shadow)
        let observer = try wanted.make(for: session.program.graph, choice)
        session.observer = observer
        defer { session.observer = nil }
        let result = try body()
        let count = "\(observer.judgedCount) of \(observer.kernelCount) kernels computed again on \(wanted.backend)"
        if let first = observer.first { throw ShadowFailure(description: "shadow: \(count); \(first)") }
        Terminal.log("shadow: \(count), each within its bound")
        return result
    }

    /// - Throws: `BackendUnavailable` for `--deterministic` on a backend that does not promise the same bits.
    func check(_ backends: [any ComputeBackend]) throws {
        guard deterministic else { return }
        for backend in backends {
            guard let reason = backend.device.varies else { continue }
            throw BackendUnavailable(
                name: backend.device.backend, reason: "--deterministic: \(reason)",
                remedy: "take one that does: reference, simd or opencl")
        }
    }
}

/// A kernel of a shadowed run was out of its bound.
struct ShadowFailure: Error, CustomStringConvertible {
    let description: String
}
