public import AttendRuntime
private import Synchronization

/// A model's programs of generation: a decoder's step over a key/value cache, and the encoder before it if there is one.
/// Weights are uploaded once; any number of sessions run at the same time.
public struct GenerationProgram: Sendable {
    /// The model.
    public let model: LoadedModel
    /// The model's defaults.
    public let defaults: GenerationConfiguration
    /// The largest number of tokens of a sequence, new ones included; nil for no limit.
    public let contextLimit: Int?
    let decoder: Program
    /// The decoder's step whose rows continue others, as beams do.
    let beams: LazyProgram
    let encoder: Program?

    /// Builds the graphs. Weights are read by the first run.
    ///
    /// - Parameters:
    ///   - program: The program of a graph, with this memory of states.
    /// - Throws: ``GenerationError`` for a model without a decoder, or without a head on its vocabulary; ``ModelError`` of
    ///   the folder's files; ``GraphError``.
    public init(
        _ model: LoadedModel, program: @escaping @Sendable (Graph, StateMemory) throws -> Program
    ) throws {
        guard model.configuration.decoder != nil, model.files.hasLogits, model.configuration.vocabularySize != nil
        else {
            throw GenerationError(
                "\(model.folder): the \(model.files.family.name) family generates no text: it has no decoder with a head on "
                    + "the vocabulary")
        }
        self.model = model
        defaults = try GenerationConfiguration(model)
        decoder = try program(model.files.generatingTransformer().stepGraph(), .inPlace)
        beams = LazyProgram {
            try program(model.files.generatingTransformer().stepGraph(reordering: true), .exchanged)
        }
        contextLimit = try model.files.settings.read { root in
            guard let stack = model.configuration.decoder, stack.positions == .rotary else {
                return model.configuration.decoder?.tokenLimit
            }
            return try root.optional("max_position_embeddings")?.integer()
        }
        encoder =
            model.configuration.hasTwoStacks
            ? try program(model.files.generatingTransformer().encoderGraph(), .exchanged) : nil
    }

    /// The graph of a step.
    package var stepGraph: Graph { decoder.graph }

    /// Builds the graphs on a backend.
    public init(_ model: LoadedModel, on backend: any ComputeBackend) throws {
        try self.init(model) { Program($0, on: backend, stateMemory: $1) }
    }

    /// A batch of sequences without tokens.
    ///
    /// - Parameter reordering: Whether rows may continue others, as beams do.
    public func makeSession(reordering: Bool = false) -> GenerationSession {
        GenerationSession(self, reordering: reordering)
    }
}

/// A program that is made by its first use.
final class LazyProgram: Sendable {
    private let made = Mutex<Program?>(nil)
    private let make: @Sendable () throws -> Program

    init(_ make: @escaping @Sendable () throws -> Program) { self.make = make }

    /// - Throws: The errors of making it.
    func program() throws -> Program {
        try made.withLock { made in
            if let made { return made }
            let program = try make()
            made = program
            return program
        }
    }
}
