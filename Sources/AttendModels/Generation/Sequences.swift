public import AttendRuntime

/// Greedy ids for prompts in tensors, in the form of transformers' `generate`.
public struct Sequences {
    private let program: GenerationProgram
    private let settings: GenerationSettings
    private let path: String
    private let tensors: [String: Tensor]
    /// The names of tensors that are not read, since generation makes its own.
    public let leftOut: [String]

    private static let made: Set = ["position_ids", "decoder_input_ids", "decoder_attention_mask"]

    /// - Parameters:
    ///   - tensors: Int64 `[batch, tokens]`: `input_ids` and, with padding at the start, `attention_mask` of a decoder; of
    ///     a decoder beside an encoder, the encoder's inputs. Inputs of a whole pass that generation makes itself,
    ///     `position_ids` and `decoder_input_ids`, are left out; see ``leftOut``.
    ///   - path: Their file, for errors.
    public init(
        _ program: GenerationProgram, _ tensors: [String: Tensor], _ settings: GenerationSettings, path: String
    ) throws {
        (self.program, self.settings, self.path) = (program, settings, path)
        leftOut = tensors.keys.filter(Sequences.made.contains).sorted()
        self.tensors = tensors.filter { !Sequences.made.contains($0.key) }
        let known: Set =
            program.encoder == nil
            ? ["input_ids", "attention_mask"] : ["input_ids", "attention_mask", "input_features"]
        for name in self.tensors.keys.sorted() where !known.contains(name) {
            throw ModelError(path: path, reason: "generation does not read \(name)")
        }
    }

    /// Int64 `[batch, tokens]`: the prompts as given, the new tokens, and padding behind the end of shorter ones.
    ///
    /// - Parameter goesOn: Called before each step; false ends the sequences as they are.
    public func tensor(goesOn: () -> Bool = { true }) throws -> Tensor {
        let generator = try Generator(program, settings)
        let (given, prompts, source) = program.encoder == nil ? try continued() : try answered()
        let new = try generator.generate(prompts, source: source, goesOn: goesOn)
        let width = new.map(\.count).max() ?? 0
        let rows = zip(given, new).map { prompt, ids in
            prompt + ids + Array(repeating: settings.padID, count: width - ids.count)
        }
        return try Tensor(
            rows.flatMap(\.self).map { Int64($0) }, shape: [rows.count, rows.first?.count ?? 0])
    }

    private func rows(_ name: String) throws -> [[Int]]? {
        guard let tensor = tensors[name] else { return nil }
        guard tensor.shape.count == 2, tensor.dtype.isInteger else {
            throw ModelError(
                path: path, reason: "\(name): expected integers [batch, tokens], found \(tensor.dtype)\(tensor.shape)")
        }
        let (numbers, width) = (try tensor.integers().map { Int($0) }, tensor.shape[1])
        return (0..<tensor.shape[0]).map { Array(numbers[$0 * width..<($0 + 1) * width]) }
    }

    private typealias Prompts = (given: [[Int]], prompts: [[Int]], source: [String: Tensor]?)

    private func continued() throws -> Prompts {
        guard let given = try rows("input_ids") else { throw ModelError(path: path, reason: "input_ids is missing") }
        guard let mask = try rows("attention_mask") else { return (given, given, nil) }
        guard mask.count == given.count, mask.first?.count == given.first?.count else {
            throw ModelError(path: path, reason: "attention_mask has another shape than input_ids")
        }
        let prompts = try zip(given, mask).enumerated().map { row, pair in
            let hidden = pair.1.prefix { $0 == 0 }.count
            guard pair.1.dropFirst(hidden).allSatisfy({ $0 == 1 }) else {
                throw ModelError(
                    path: path,
                    reason:
                        "attention_mask, row \(row): prompts are padded at the start (0 … 0 1 … 1), found another mask")
            }
            return Array(pair.0.dropFirst(hidden))
        }
        return (given, prompts, nil)
    }

    private func answered() throws -> Prompts {
        let name = program.model.configuration.audio == nil ? "input_ids" : "input_features"
        guard let batch = tensors[name]?.shape.first else { throw ModelError(path: path, reason: "\(name) is missing") }
        let given = Array(repeating: [try program.defaults.firstID], count: batch)
        return (given, given, tensors)
    }
}
