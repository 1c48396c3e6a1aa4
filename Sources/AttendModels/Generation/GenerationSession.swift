public import AttendRuntime

/// A batch of sequences with their key/value cache on the device. Not thread-safe: one task at a time.
public final class GenerationSession {
    /// The programs.
    public let program: GenerationProgram
    /// The number of tokens of each sequence in the cache.
    public private(set) var lengths: [Int] = []
    private let isReordering: Bool
    /// Nil before the first step.
    private var session: Session?
    /// The number of tokens that the caches of local layers have dropped.
    private var dropped = 0
    /// Int64 `[batch, source]`, beside an encoder of tokens.
    private var sourceMask: Tensor?
    /// One run of the step's graph, for checks.
    package struct KeptRun {
        package var inputs: [String: Tensor]
        /// The states before; nil for zeros and what was set.
        package var before: [String: Tensor]?
        package var results: [String: Tensor]
        package var after: [String: Tensor]
    }

    /// Whether ``runs`` are kept.
    package var keepsRuns = false
    /// The runs so far; several for a prompt beyond a window.
    package private(set) var runs: [KeptRun] = []
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

    /// Whether a source is encoded.
    var isEncoded: Bool { session != nil && program.encoder != nil }

    /// Begins the sequences anew behind the same source.
    func restart() { (lengths, dropped) = (lengths.map { _ in 0 }, 0) }

    private func makeSession() throws -> Session {
        (lengths, dropped) = ([], 0)
        // A model has caches of one kind or both.
        let known = program.stepGraph.symbols.filter { [StepNames.capacity, StepNames.localCapacity].contains($0) }
        let symbols = Dictionary(uniqueKeysWithValues: known.map { ($0, 1) })
        return try (isReordering ? program.beams.program() : program.decoder).makeSession(symbols: symbols)
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
        let longest = zip(before, tokens).map { $0 + $1.count }.max() ?? 0
        if let limit = program.contextLimit, longest > limit {
            throw GenerationError(
                "\(program.model.folder): a sequence of \(longest) tokens is beyond the model's \(limit) positions")
        }
        guard let window, let count = tokens.first?.count, count > window, tokens.allSatisfy({ $0.count == count })
        else {
            return try step(tokens, from: before, room: room, rows)
        }
        // Pieces of the window's length, so that no local cache holds more than two.
        var logits: [[Float]] = []
        for place in stride(from: 0, to: count, by: window) {
            // The first piece continues other rows, the rest their own.
            let rows = place == 0 ? rows : nil
            logits = try step(
                tokens.map { Array($0[place..<min(place + window, count)]) }, from: place == 0 ? before : lengths,
                room: room, rows)
        }
        return logits
    }

    /// One run of the step's graph.
    private func step(
        _ tokens: [[Int]], from before: [Int], room: Int?, _ rows: [Int]?
    ) throws -> [[Float]] {
        let width = tokens.map(\.count).max() ?? 1
        // Padding may stand where the cache ends.
        let needed = max((before.max() ?? 0) + width, room ?? 0)
        let session = try self.session ?? makeSession()
        self.session = session
        if let capacity = session.symbols[StepNames.capacity] {
            if lengths.allSatisfy({ $0 == 0 }), capacity < needed { try session.grow([StepNames.capacity: needed]) }
            try session.reserve(StepNames.capacity, atLeast: needed)
        }
        if let window { try makeLocalRoom(session, window, before, width: width, needed: needed) }
        let padded = tokens.flatMap { row in row + Array(repeating: 0, count: width - row.count) }
        let batch = tokens.count
        let name = program.model.configuration.hasTwoStacks ? "decoder_input_ids" : "input_ids"
        var inputs = [
            name: try Tensor(padded.map { Int64($0) }, shape: [batch, width]),
            StepNames.cacheLengths: try Tensor(before.map { Int64($0) }, shape: [batch]),
            StepNames.lastToken: try Tensor(tokens.map { Int64($0.count - 1) }, shape: [batch])
        ]
        inputs[StepNames.sourceMask] = sourceMask
        if program.model.configuration.tokenTypeCount > 0, program.model.configuration.encoder == nil {
            inputs["token_type_ids"] = try Tensor([Int64](repeating: 0, count: batch * width), shape: [batch, width])
        }
        if window != nil {
            inputs[StepNames.localCacheLengths] = try Tensor(
                before.map { Int64($0 - dropped) }, shape: [batch])
        }
        if isReordering {
            inputs[StepNames.cacheRows] = try Tensor(
                (rows ?? Array(0..<batch)).map { Int64($0) }, shape: [batch])
        }
        let states = keepsRuns ? try? session.allStates() : nil
        let results = try session.run(inputs)
        lengths = zip(before, tokens).map { $0 + $1.count }
        if keepsRuns {
            runs.append(
                KeptRun(inputs: inputs, before: states, results: results, after: try session.allStates()))
        }
        return try results["logits"]?.rows() ?? []
    }

    /// The visible positions of the local layers; nil for a model without any.
    private var window: Int? {
        guard let stack = program.model.configuration.decoder, !stack.localLayers.isEmpty else { return nil }
        return stack.window
    }

    /// Drops the tokens from local caches that no query sees any more, where the step would not fit: every window's length of
    /// tokens once, through the host.
    private func makeLocalRoom(
        _ session: Session, _ window: Int, _ before: [Int], width: Int, needed: Int
    ) throws {
        func end() -> Int { (before.max() ?? 0) - dropped + width }
        let room = session.symbols[StepNames.localCapacity] ?? 0
        if end() > room, lengths.contains(where: { $0 > 0 }) {
            let unseen = (before.min() ?? 0) - dropped - (window - 1)
            if unseen > 0 {
                for state in session.program.graph.states
                where state.update != nil
                    && session.program.graph.type(of: state.value).shape[2] == .symbol(StepNames.localCapacity)
                {
                    try session.setState(state.name, to: session.state(state.name).rotatingRows(unseen))
                }
                dropped += unseen
            }
        }
        guard end() > room else { return }
        try session.grow([StepNames.localCapacity: max(end(), min(needed - dropped, 2 * window))])
    }

    /// The room of the caches, and of those of local layers.
    package var room: (all: Int, local: Int?) {
        (session?.symbols[StepNames.capacity] ?? 0, session?.symbols[StepNames.localCapacity])
    }

    /// The states of the cache, for measuring.
    package func states() throws(RunError) -> [String: Tensor] { try session?.allStates() ?? [:] }

    /// A copy of the sequences and their cache. O(bytes of the cache).
    public func clone() throws -> GenerationSession {
        let other = GenerationSession(program, reordering: isReordering)
        (other.lengths, other.dropped) = (lengths, dropped)
        (other.sourceMask, other.session) = (sourceMask, try session?.clone())
        return other
    }

    /// Writes the cache and the sequences' lengths to a safetensors file.
    ///
    /// - Throws: ``GenerationError`` for a session without tokens; ``RunError``, ``AttendGraph/SafetensorsError``.
    public func save(to path: String) throws {
        guard let session, !lengths.isEmpty else { throw GenerationError("\(path): the session has no tokens to save") }
        var tensors = try session.allStates()
        tensors[StepNames.cacheLengths] = try Tensor(lengths.map { Int64($0) }, shape: [lengths.count])
        tensors[StepNames.localCacheLengths] = Tensor(dropped)
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
        let room = session.symbols[StepNames.capacity] ?? .max
        let savedDropped = try file.tensor(named: StepNames.localCacheLengths).integers().first.map { Int($0) } ?? 0
        guard saved.allSatisfy({ (0...room).contains($0) }), (0...room).contains(savedDropped) else {
            throw GenerationError("\(path): lengths \(saved) are beyond the saved cache")
        }
        (self.session, lengths, dropped) = (session, saved, savedDropped)
    }
}
