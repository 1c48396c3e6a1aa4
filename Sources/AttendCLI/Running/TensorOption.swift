import ArgumentParser
import AttendModels
import AttendRuntime

/// The options of a model's run on tensors: its inputs file and outputs.
struct TensorOption: ParsableArguments {
    @Option(
        name: .long,
        help:
            """
            Instead of texts: a safetensors or JSON file with input_ids and, if the model reads them, attention_mask, \
            token_type_ids and position_ids (names of Hugging Face's transformers). The outputs go to --output.
            """,
        completion: .file(extensions: ["safetensors", "json"]))
    var inputs: String?

    @Option(
        name: .customLong("outputs"),
        help: ArgumentHelp(
            """
            With --inputs: an output to write, such as logits, last_hidden_state or hidden_states. Repeatable. \
            Default: all outputs of the model.
            """,
            valueName: "name"),
        completion: .list(ModelOutput.allCases.map(\.name)))
    var names: [String] = []

    func validate() throws {
        guard inputs != nil || names.isEmpty else {
            throw ValidationError("--outputs needs --inputs; for texts, the embeddings are printed")
        }
        _ = try wanted()
    }

    /// The requested outputs; nil for all.
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

    /// The graph of the requested outputs, and its inputs.
    func load(_ model: LoadedModel, _ path: String) throws -> (graph: Graph, inputs: [String: Tensor]) {
        try Self.load(model, path, outputs: wanted() ?? model.outputs)
    }

    /// The graph of given outputs, and its inputs.
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
