import ArgumentParser
import AttendModels
import AttendParity
import AttendRuntime

/// The check of a generating model: the encoder, the prompts' run and some decode steps, each node by node on the states of
/// the run before.
struct GenerationParity {
    let model: LoadedModel
    let texts: [String]

    /// Decode steps after the prompts' run.
    private static let stepCount = 3

    /// One run to check.
    struct Run {
        var graph: Graph
        var inputs: [String: Tensor]
        /// The outputs of the session that ran it with its states on the device.
        var results: [String: Tensor]
    }

    /// Runs the model on a backend, greedily, and gives each run as a graph with its states in the open.
    func runs(on backend: any ComputeBackend) throws -> [Run] {
        let program = try GenerationProgram(model, on: backend)
        let generator = try TextGenerator(program)
        let (prompts, source) = try generator.prompts(texts)
        let session = program.makeSession()
        session.keepsRuns = true
        var runs: [Run] = []
        if let source {
            try session.encode(source)
            if let encoder = session.encoderRun {
                runs.append(Run(graph: encoder.graph, inputs: encoder.inputs, results: encoder.results))
            }
        }
        var next = prompts
        let room = (prompts.map(\.count).max() ?? 0) + GenerationParity.stepCount
        let updated = Set(program.stepGraph.states.filter { $0.update != nil }.map(\.name))
        for step in 0...GenerationParity.stepCount {
            let known = session.runs.count
            let logits = try session.append(next, room: room)
            for (part, kept) in session.runs[known...].enumerated() {
                // Caches begin with zeros; what is read only stays.
                let before =
                    try kept.before
                    ?? Dictionary(
                        uniqueKeysWithValues: kept.after.map { name, tensor in
                            (
                                name,
                                updated.contains(name) ? try Tensor(zeros: tensor.shape, dtype: tensor.dtype) : tensor
                            )
                        })
                var results = kept.results
                for (name, tensor) in kept.after { results[name + Graph.nextSuffix] = tensor }
                let name = step > 0 ? "decode step \(step)" : part == 0 ? "prompt" : "prompt, part \(part + 1)"
                runs.append(
                    Run(
                        graph: try program.stepGraph.openingStates(named: name),
                        inputs: kept.inputs.merging(before) { mine, _ in mine }, results: results))
            }
            next = logits.map { row in [row.indices.max { row[$0] < row[$1] } ?? 0] }
        }
        return runs
    }
}

extension ParityCommand {
    /// Checks a generating model on all backends.
    func runGeneration(_ parity: GenerationParity, on backends: [any ComputeBackend]) throws -> [GraphParityReport] {
        try backends.flatMap { backend in
            try parity.runs(on: backend).map { run in
                try report(on: WholeGraph(graph: run.graph, inputs: run.inputs, symbols: [:]), backend) { report in
                    report.failure = report.failure ?? stateDifference(run, on: backend)
                }
            }
        }
    }

    /// The first output of the session's own run, with its states on the device, that has other bits than the run with
    /// states in the open; nil for none.
    private func stateDifference(_ run: GenerationParity.Run, on backend: any ComputeBackend) -> String? {
        do {
            let found = try whole.parity(run.graph, on: backend).results(on: run.inputs)
            for (name, tensor) in run.results.sorted(by: { $0.key < $1.key }) {
                guard let other = found[name] else { continue }
                if tensor.firstDifferentBit(from: other) != nil {
                    return "\(name): the session's run with its states on the device has other bits"
                }
            }
            return nil
        } catch {
            return "the run with states in the open failed: \(error)"
        }
    }
}
