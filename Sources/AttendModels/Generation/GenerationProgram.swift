public import AttendRuntime

/// A model's programs of generation: a decoder's step over a key/value cache, and the encoder before it if there is one.
/// Weights are uploaded once; any number of sessions run at the same time.
public struct GenerationProgram: Sendable {
    /// The model.
    public let model: LoadedModel
    /// The model's defaults.
    public let defaults: GenerationConfiguration
    let decoder: Program
    /// The decoder's step whose rows continue others; made by the first search of beams.
    let beams: Program
    let encoder: Program?

    /// Builds the graphs. Weights are read by the first run.
    ///
    /// - Parameters:
    ///   - program: The program of a graph, with this memory of states.
    /// - Throws: ``GenerationError`` for a model without a decoder, or without a head on its vocabulary; ``ModelError`` of
    ///   the folder's files; ``GraphError``.
    public init(_ model: LoadedModel, program: (Graph, StateMemory) throws -> Program) throws {
        guard model.configuration.decoder != nil, model.files.hasLogits, model.configuration.vocabularySize != nil
        else {
            throw GenerationError(
                "\(model.folder): the \(model.files.family.name) family generates no text: it has no decoder with a head on "
                    + "the vocabulary")
        }
        self.model = model
        defaults = try GenerationConfiguration(model)
        decoder = try program(model.files.generatingTransformer().stepGraph(), .inPlace)
        beams = try program(model.files.generatingTransformer().stepGraph(reordering: true), .exchanged)
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

    /// The largest number of tokens of a sequence, new ones included; nil for no limit.
    public var contextLimit: Int? {
        if let limit = model.configuration.decoder?.tokenLimit { return limit }
        guard model.configuration.decoder?.positions == .rotary else { return nil }
        return try? model.files.settings.root.optional("max_position_embeddings")?.integer()
    }

    /// A batch of sequences without tokens.
    ///
    /// - Parameter reordering: Whether rows may continue others, as beams do.
    public func makeSession(reordering: Bool = false) -> GenerationSession {
        GenerationSession(self, reordering: reordering)
    }
}

/// A batch of sequences with their key/value cache on the device. Not thread-safe: one task at a time.
public final class GenerationSession {
    /// The programs.
    public let program: GenerationProgram
    /// The number of tokens of each sequence in the cache.
    public private(set) var lengths: [Int] = []
    private let isReordering: Bool
    /// Nil before the first step.
    private var session: Session?
    /// Int64 `[batch, source]`, beside an encoder of tokens.
    private var sourceMask: Tensor?
    /// Whether the inputs and outputs of runs are kept, for checks.
    package var keepsRuns = false
    /// The last step's inputs and outputs.
    package private(set) var lastInputs: [String: Tensor] = [:]
    package private(set) var lastResults: [String: Tensor] = [:]
    /// The encoder's last run.
    package private(set) var encoderRun: (graph: Graph, inputs: [String: Tensor], results: [String: Tensor])?

    init(_ program: GenerationProgram, reordering: Bool) { (self.program, isReordering) = (program, reordering) }

    /// Runs the encoder, and keeps the keys and values of cross-attention on the device. Sequences begin anew.
    ///
    /// - Parameters:
    ///   - inputs: The encoder's inputs, `input_ids` and `attention_mask`, or `input_features`.
    ///   - copies: Consecutive rows for each source, such as beams.
    /// - Throws: ``RunError``; ``GenerationError`` for a model without an encoder.
    public func encode(_ inputs: [String: Tensor], copies: Int = 1) throws {
        guard let encoder = program.encoder else {
            throw GenerationError("\(program.model.folder): the model has no encoder")
        }
        let tensors = try program.model.inputs(inputs, of: encoder.graph)
        let memory = try encoder.makeSession().run(tensors)
        if keepsRuns { encoderRun = (encoder.graph, tensors, memory) }
        let session = try makeSession()
        for (name, tensor) in memory { try session.setState(name, to: tensor.repeatingRows(copies)) }
        sourceMask = try tensors["attention_mask"]?.repeatingRows(copies)
        self.session = session
    }

    private func makeSession() throws(RunError) -> Session {
        lengths = []
        return try (isReordering ? program.beams : program.decoder).makeSession(symbols: [StepNames.capacity: 1])
    }

    /// Adds tokens to the sequences; the first call sets their number.
    ///
    /// - Parameters:
    ///   - tokens: At least one for each sequence.
    ///   - room: The number of tokens that the cache will hold in the end, if known: it then grows once.
    ///   - rows: The row that each sequence continues, for a session that reorders; nil for its own.
    /// - Returns: The logits after the last token of each sequence, `[vocabularySize]` each.
    /// - Throws: ``RunError``; ``GenerationError`` for a sequence beyond the model's context.
    /// - Complexity: O(tokens · (weights + cache)); a step of a shape that was run before plans nothing.
    public func append(_ tokens: [[Int]], room: Int? = nil, continuing rows: [Int]? = nil) throws -> [[Float]] {
        guard tokens.allSatisfy({ !$0.isEmpty }) else {
            throw GenerationError("a sequence without tokens can't be continued; give a prompt")
        }
        if lengths.isEmpty { lengths = Array(repeating: 0, count: tokens.count) }
        guard tokens.count == lengths.count else {
            throw GenerationError("the session has \(lengths.count) sequences, found tokens for \(tokens.count)")
        }
        let before = rows.map { rows in rows.map { lengths[$0] } } ?? lengths
        let after = zip(before, tokens).map { $0 + $1.count }
        let longest = after.max() ?? 0
        if let limit = program.contextLimit, longest > limit {
            throw GenerationError(
                "\(program.model.folder): a sequence of \(longest) tokens is beyond the model's \(limit) positions")
        }
        let width = tokens.map(\.count).max() ?? 1
        // Padding may stand where the cache ends.
        let needed = max((before.max() ?? 0) + width, room ?? 0)
        let session = try self.session ?? makeSession()
        self.session = session
        if lengths.allSatisfy({ $0 == 0 }), (session.symbols[StepNames.capacity] ?? 0) < needed {
            try session.grow([StepNames.capacity: needed])
        }
        try session.reserve(StepNames.capacity, atLeast: needed)
        let padded = tokens.flatMap { row in row + Array(repeating: 0, count: width - row.count) }
        let batch = tokens.count
        let name = program.model.configuration.hasTwoStacks ? "decoder_input_ids" : "input_ids"
        var inputs = [
            name: try Tensor(padded.map { Int64($0) }, shape: [batch, width]),
            StepNames.cacheLengths: try Tensor(before.map { Int64($0) }, shape: [batch]),
            StepNames.lastToken: try Tensor(tokens.map { Int64($0.count - 1) }, shape: [batch])
        ]
        inputs[StepNames.sourceMask] = sourceMask
        if isReordering {
            inputs[StepNames.cacheRows] = try Tensor(
                (rows ?? Array(0..<batch)).map { Int64($0) }, shape: [batch])
        }
        let results = try session.run(inputs)
        lengths = after
        if keepsRuns { (lastInputs, lastResults) = (inputs, results) }
        return try results["logits"]?.rows() ?? []
    }

    /// The states of the cache.
    package func states() throws(RunError) -> [String: Tensor] { try session?.allStates() ?? [:] }

    /// A copy of the sequences and their cache. O(bytes of the cache).
    public func clone() throws -> GenerationSession {
        let other = GenerationSession(program, reordering: isReordering)
        (other.lengths, other.sourceMask, other.session) = (lengths, sourceMask, try session?.clone())
        return other
    }

    /// Writes the cache and the sequences' lengths to a safetensors file.
    ///
    /// - Throws: ``GenerationError`` for a session without tokens; ``RunError``, ``AttendGraph/SafetensorsError``.
    public func save(to path: String) throws {
        guard let session, !lengths.isEmpty else { throw GenerationError("\(path): the session has no tokens to save") }
        var tensors = try session.allStates()
        tensors[StepNames.cacheLengths] = try Tensor(lengths.map { Int64($0) }, shape: [lengths.count])
        tensors[StepNames.sourceMask] = sourceMask
        try SafetensorsFile.write(tensors, to: path)
    }

    /// Continues the sequences of a file of ``save(to:)``, of the same model and dtype.
    ///
    /// - Throws: ``AttendGraph/SafetensorsError``; ``RunError`` for states of another model.
    public func load(from path: String) throws {
        let file = try SafetensorsFile(path)
        let saved = try file.tensor(named: StepNames.cacheLengths).integers().map { Int($0) }
        let session = try makeSession()
        for state in session.program.graph.states {
            try session.setState(state.name, to: file.tensor(named: state.name))
        }
        sourceMask = try file.entry(named: StepNames.sourceMask).map { try file.tensor(named: $0.name) }
        let room = session.symbols[StepNames.capacity] ?? 0
        guard saved.allSatisfy({ (0...room).contains($0) }) else {
            throw GenerationError("\(path): lengths \(saved) are beyond the saved cache of \(room) tokens")
        }
        (self.session, lengths) = (session, saved)
    }
}

extension Tensor {
    /// Each index of axis 0 `count` times in a row. O(elements · count); O(1) for 1.
    fileprivate func repeatingRows(_ count: Int) throws(TensorError) -> Tensor {
        guard count > 1, let rows = shape.first, rows > 0 else { return self }
        let width = elementCount / rows
        func repeated<Element>(_ values: [Element]) -> [Element] {
            (0..<rows * count).flatMap { values[$0 / count * width..<($0 / count + 1) * width] }
        }
        let storage: Storage =
            switch storage {
            case .float32(let values): .float32(repeated(values))
            case .float16(let values): .float16(repeated(values))
            case .bfloat16(let values): .bfloat16(repeated(values))
            case .int32(let values): .int32(repeated(values))
            case .int64(let values): .int64(repeated(values))
            case .bool(let values): .bool(repeated(values))
            }
        return try Tensor(storage: storage, shape: [rows * count] + shape.dropFirst())
    }
}
