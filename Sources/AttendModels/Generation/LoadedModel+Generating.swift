public import AttendRuntime
private import Dispatch
private import Synchronization

/// One generated token.
public struct GeneratedToken: Sendable, Hashable {
    /// The id.
    public var id: Int
    /// The text that it completes; empty where a character goes on.
    public var text: String
}

extension LoadedModel {
    /// Continues a text, token by token, as the task is awaited; canceling it stops the model after the current token.
    ///
    /// ```swift
    /// let model = try LoadedModel(folder: "gpt2")
    /// for try await token in try model.generate("Once upon a time", on: backend) { print(token.text, terminator: "") }
    /// ```
    ///
    /// - Parameters:
    ///   - prompt: The beginning, or the source of a translator.
    ///   - settings: The choices; nil for the greedy continuation with the model's own defaults.
    /// - Throws: ``GenerationError`` for a model that generates no text. The sequence throws ``GenerationError``,
    ///   ``TokenizerError`` and ``RunError``.
    public func generate(
        _ prompt: String, on backend: any ComputeBackend, settings: GenerationSettings? = nil
    ) throws -> AsyncThrowingStream<GeneratedToken, any Error> {
        let program = try GenerationProgram(self, on: backend)
        return try program.stream(prompt, settings ?? program.defaults.settings)
    }
}

extension GenerationProgram {
    /// Continues a text, token by token; see ``LoadedModel/generate(_:on:settings:)``.
    ///
    /// - Throws: ``GenerationError`` for a model that reads sound; errors of the tokenizer's files.
    public func stream(
        _ prompt: String, _ settings: GenerationSettings
    ) throws -> AsyncThrowingStream<GeneratedToken, any Error> {
        let generator = try TextGenerator(self)
        return AsyncThrowingStream { continuation in
            let flag = CancelFlag()
            continuation.onTermination = { _ in flag.cancel() }
            // A run blocks its thread, which must not be one of the tasks'.
            DispatchQueue.global().async {
                do {
                    try generator.tokens(prompt, settings) { token in
                        continuation.yield(token)
                    } goesOn: {
                        !flag.isCanceled
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
        }
    }
}

/// Whether the reader of a stream is gone.
private final class CancelFlag: Sendable {
    private let value = Atomic<Bool>(false)

    var isCanceled: Bool { value.load(ordering: .relaxed) }
    func cancel() { value.store(true, ordering: .relaxed) }
}
