import AttendModels
import AttendParity
import AttendRuntime

/// Folders of decoders and of encoders with decoders: loaded, counted, and run on token ids.
struct FamilyTarget: FuzzTarget {
    func seeds() throws -> [Draft] { try ModelSeeds.families() }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.weights = MutationWeights(
            other: 30, nudge: 25, consistent: 8, structure: 14, boundary: 16, bytes: 4, file: 2)
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let model = try trial.read { try LoadedModel(folder: trial.folder) }
        let graph = try trial.read { try model.graph(model.outputs.subtracting([.sentenceEmbedding, .meanPooled])) }
        _ = graph.captureNames
        do {
            let counted = try CountableModel(folder: trial.folder)
            _ = try ContextCost.of(counted, tokens: 4)
        } catch {
            let complaint = ErrorOracle(folder: trial.folder, mutations: []).complaint(error)
            try trial.require(complaint == nil, complaint ?? "")
        }
        var tensors: [String: Tensor] = [:]
        for id in graph.inputs where ["input_ids", "decoder_input_ids"].contains(graph.values[id].name) {
            let ids = (0..<5).map { _ in Int64(trial.numbers.below(20)) }
            tensors[graph.values[id].name] = try Tensor(ids, shape: [1, 5])
        }
        let inputs: [String: Tensor]
        do {
            inputs = try model.inputs(tensors, of: graph)
        } catch let error as ModelError {
            let complaint = ErrorOracle(folder: trial.folder, mutations: []).complaint(error)
            return try trial.require(complaint == nil, complaint ?? "")
        }
        try GraphExam(trial: trial).check(graph, given: inputs)
    }
}
