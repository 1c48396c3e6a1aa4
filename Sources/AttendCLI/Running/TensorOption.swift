import ArgumentParser
import Attend
import AttendCore

/// A model run on tensors: its inputs in a file, and the outputs that are wanted.
struct TensorOption: ParsableArguments {
    @Option(
        name: .long,
        help:
            "In place of texts: a file of safetensors or JSON with input_ids, and attention_mask, token_type_ids or position_ids where the model reads them, as Hugging Face's transformers names them. The outputs go to --output.",
        completion: .file(extensions: ["safetensors", "json"]))
    var inputs: String?

    @Option(
        name: .customLong("outputs"),
        help: ArgumentHelp(
            "With --inputs: an output to write, such as logits, last_hidden_state or hidden_states. Repeatable. Default: all that the model has.",
            valueName: "name"),
        completion: .list(ModelOutput.allCases.map(\.name)))
    var names: [String] = []

    func validate() throws {
        guard inputs != nil || names.isEmpty else {
            throw ValidationError("--outputs goes with --inputs; of texts, embeddings are printed")
        }
        _ = try wanted()
    }

    /// The outputs asked for; nil for all.
    private func wanted() throws -> Set<ModelOutput>? {
        guard !names.isEmpty else { return nil }
        return Set(
            try names.map { name in
                guard let output = ModelOutput.allCases.first(where: { $0.name == name }) else {
                    throw ValidationError(
                        "--outputs: \(Choice.unknown("output", name, among: ModelOutput.allCases.map(\.name)))")
                }
                return output
            })
    }

    /// The graph of the outputs asked for, and its inputs.
    func load(_ model: LoadedModel, _ path: String) throws -> (graph: Graph, inputs: [String: Tensor]) {
        try Self.load(model, path, outputs: wanted() ?? model.outputs)
    }

    /// The same for given outputs.
    static func load(
        _ model: LoadedModel, _ path: String, outputs: Set<ModelOutput>
    ) throws -> (graph: Graph, inputs: [String: Tensor]) {
        let file = try TensorSource(path)
        let positions: PositionInput = file.names.contains("position_ids") ? .given : .counted
        let graph = try model.graph(outputs, positions: positions)
        do {
            return (graph, try file.inputs(of: graph, given: [:]) { try model.inputs($0, of: graph) })
        } catch let error as ModelError where error.path == model.folder {
            throw ModelError(path: file.path, reason: error.reason)
        }
    }
}

/// Runs a model on tensors and writes its outputs.
struct TensorRun {
    let model: LoadedModel
    let graph: Graph
    let inputs: [String: Tensor]

    /// Hugging Face's name of an output: of several, a dot before the number.
    static func publicName(_ name: String) -> String {
        for output in [ModelOutput.hiddenStates, .attentionPatterns] where name.hasPrefix("\(output.name)_") {
            return "\(output.name).\(name.dropFirst(output.name.count + 1))"
        }
        return name
    }

    /// - Throws: Errors of planning, of the run and of the file.
    func run(
        on named: ChosenBackends?, _ choice: BackendChoice, _ execution: ExecutionOptions, _ captures: CaptureOption,
        asJSON: Bool
    ) throws {
        let names = try captures.names(in: graph)
        let prepared = try PreparedRun(graph, inputs: inputs, capture: names, on: named, choice, execution)
        var results: [String: Tensor] = [:]
        let time = try ContinuousClock().measure {
            results = try execution.shadowed(prepared.session, choice) {
                try prepared.session.run(inputs, capture: names)
            }
        }
        let outputs = Dictionary(uniqueKeysWithValues: results.map { (Self.publicName($0.key), $0.value) })
        let device = prepared.device
        if let output = captures.output {
            try SafetensorsFile.write(
                outputs, metadata: ["model": model.folder, "backend": device.backend], to: output)
        }
        let placements = try prepared.reportPlacements(inputs, capture: names, choice, execution)
        let sorted = outputs.sorted { $0.key < $1.key }
        if asJSON {
            let items = sorted.map { name, tensor in
                JSONValue.object([
                    .init("name", .string(name)), .init("dtype", .string(tensor.dtype.rawValue)),
                    .init("shape", .sizes(tensor.shape))
                ])
            }
            return try Terminal.write(
                .object([
                    .init("version", .integer(1)), .init("model", .string(model.folder)),
                    .init("backend", .string(device.backend)), .init("device", device.json),
                    .init("outputs", .array(items)), .init("placements", placements.json),
                    .init("seconds", .number(time.inSeconds))
                ]))
        }
        for (name, tensor) in sorted { Terminal.write("\(name)  \(tensor.dtype)\(tensor.shape)") }
        Terminal.log(
            "\(prepared.plan.placementSummary) (\(device.line)), \((time.inSeconds * 1000).formatted(decimals: 2)) ms")
    }
}
