import ArgumentParser
import AttendModels
import AttendRuntime

/// The predictions for a preset by counting, before its model is built.
struct PresetExpectation {
    private let preset: Preset
    private let tokens: Int
    private let dtype: DType
    let parameterCount: Int
    let flops: Double
    let workingByteCount: Int

    /// - Parameters:
    ///   - dtype: The floating-point type to compute in.
    ///   - option: What asked for the tokens, for the error.
    /// - Throws: `ValidationError` for more tokens than the preset has positions; the errors of counting.
    init(_ preset: Preset, _ dtype: DType, batch: Int, tokens: Int, option: String) throws {
        (self.preset, self.tokens, self.dtype) = (preset, tokens, dtype)
        let model = try CountableModel(preset, dtype: dtype)
        let cost: ContextCost
        do {
            cost = try ContextCost.of(model, tokens: tokens)
        } catch {
            guard tokens > preset.contextLimit else { throw error }
            throw ValidationError("\(option): \(preset.name) has positions for \(preset.contextLimit)")
        }
        parameterCount = ParameterCount(model.graph, declaredWeights: model.declaredWeights).total
        flops = cost.flops * Double(batch)
        workingByteCount = cost.workingByteCount.times(batch)
    }

    /// The size of the weights in bytes.
    var weightByteCount: Int { parameterCount.times(dtype.byteCount) }
    /// The weights as created, again as stored on the device, and the values between nodes.
    var byteCount: Int { weightByteCount.times(2).plus(workingByteCount) }

    /// - Throws: ``RunFailure`` for a model that does not fit in this machine's memory.
    func requireMemory() throws {
        guard let memory = HostMachine.memoryByteCount, byteCount > memory else { return }
        throw RunFailure(
            """
            \(preset.name) needs about \(Quantity.bytes(byteCount)) at \(tokens) tokens, with the \
            weights stored twice, as generated and on the device; this machine has \
            \(Quantity.bytes(memory))
            """
        )
    }
}

extension Preset {
    /// Random numbers and ids, deterministic for a seed.
    func inputs(of graph: Graph, batch: Int, tokens: Int, seed: Int) throws -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        for (index, id) in graph.inputs.enumerated() {
            var symbols = ["batch": batch]
            for symbol in graph.symbols where symbol != "batch" { symbols[symbol] = tokens }
            let (name, type) = (graph.values[id].name, try graph.type(of: id).bound(to: symbols))
            let shape = type.concreteShape ?? []
            if type.dtype.isFloatingPoint {
                inputs[name] = try Tensor(uniform: shape, in: -1...1, seed: seed &+ index &+ 1)
            } else {
                let rows = name == "token_types" ? configuration.tokenTypeCount : configuration.vocabularySize ?? 1
                let numbers = try Tensor(uniform: shape, seed: seed &+ index &+ 1).floats()
                inputs[name] = try Tensor(
                    numbers.map { Int64(min(rows - 1, Int(saturating: Double($0) * Double(rows)))) }, shape: shape)
            }
        }
        return inputs
    }
}
