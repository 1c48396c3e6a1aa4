import AttendParity
import AttendRuntime

/// Graph files with their weights, run on inputs that may be mutated as well.
struct GraphTarget: FuzzTarget {
    func seeds() throws -> [Draft] { try GraphSeeds.drafts() }

    func mutator(_ pools: ValuePools) -> Mutator {
        var mutator = Mutator(pools: pools)
        mutator.favored = ["graph.json"]
        mutator.weights = MutationWeights(
            other: 18, nudge: 18, consistent: 18, structure: 8, boundary: 9, bytes: 3, file: 1, sound: 40)
        mutator.sound = [GraphChanges(), GraphChanges(), GraphChanges(), SpellingChanges()]
        return mutator
    }

    func run(_ trial: FuzzTrial) throws {
        let graph = try trial.read { try Graph(contentsOf: trial.path("graph.json")) }
        let again = try rewritten(graph, trial)
        let exam = GraphExam(trial: trial)
        do {
            let given = try givenInputs(of: graph, trial)
            try exam.check(graph, given: given)
            try sameResults(graph, again, given, exam)
        } catch is GraphExam.TooLarge {}
    }

    /// The tensors of the inputs file, if they fit the graph.
    private func givenInputs(of graph: Graph, _ trial: FuzzTrial) throws -> [String: Tensor]? {
        let tensor: (String) throws -> Tensor
        do {
            if trial.draft["inputs.json"] != nil {
                let file = try TensorTextFile(trial.path("inputs.json"))
                tensor = { try file.tensor(named: $0) }
            } else {
                let file = try SafetensorsFile(trial.path("inputs.safetensors"))
                tensor = { try file.tensor(named: $0) }
            }
            var inputs: [String: Tensor] = [:]
            for id in graph.inputs { inputs[graph.values[id].name] = try tensor(graph.values[id].name) }
            let shapes = inputs.mapValues { (dtype: $0.dtype, shape: $0.shape) }
            guard (try? graph.bindSymbols(shapes)) != nil else { return nil }
            return inputs
        } catch {
            let complaint = ErrorOracle(folder: trial.folder, mutations: []).complaint(error)
            try trial.require(complaint == nil, "of the inputs: \(complaint ?? "")")
            return nil
        }
    }

    /// Writes and reads a graph; written again, its files must be the same.
    private func rewritten(_ graph: Graph, _ trial: FuzzTrial) throws -> Graph {
        try trial.must("a graph can't be written and read again") {
            var texts: [[UInt8]] = []
            var graph = graph
            for name in ["first", "second"] {
                try graph.write(to: trial.path("\(name).json"))
                graph = try Graph(contentsOf: trial.path("\(name).json"))
                texts.append(try InputFile.contents(of: trial.path("\(name).json")))
            }
            let second = String(decoding: texts[1], as: UTF8.self).replacing(
                "second.safetensors", with: "first.safetensors")
            guard Array(second.utf8) == texts[0] else {
                throw Wrong("a graph file changes when it is read and written again")
            }
            return graph
        }
    }

    private func sameResults(
        _ graph: Graph, _ again: Graph, _ given: [String: Tensor]?, _ exam: GraphExam
    ) throws {
        let (inputs, symbols) = try given.map { ($0, [:]) } ?? exam.inputs(of: graph)
        func results(_ graph: Graph) throws -> [String: Tensor]? {
            let session = try Program(graph, on: GraphExam.backend("reference")).makeSession(symbols: symbols)
            let plan = try session.plan(for: inputs)
            guard plan.memory.byteCount < 1 << 22, plan.placements.reduce(0, { $0 + $1.cost.flops }) < 1e5 else {
                return nil
            }
            return try session.run(inputs)
        }
        guard let left = try results(graph), let right = try results(again) else { return }
        for (name, tensor) in left {
            let same =
                right[name].map { $0.shape == tensor.shape && $0.firstDifferentBit(from: tensor) == nil } ?? false
            try exam.trial.require(same, "output \"\(name)\" differs after the graph was written and read")
        }
    }
}
