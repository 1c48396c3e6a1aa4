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
            With --inputs: an output to write, such as logits, last_hidden_state, hidden_states or hidden_states.3. \
            Repeatable or comma-separated. Default: all outputs of the model.
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
            try list.map { name in
                let parts = name.split(separator: ".", omittingEmptySubsequences: false)
                let isElement = parts.count == 2 && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
                let whole = isElement ? String(parts[0]) : name
                guard let output = ModelOutput.allCases.first(where: { $0.name == whole }),
                    !isElement || output.isSeries
                else {
                    throw ValidationError(
                        "--outputs: \(Choice.unknown("output", name, among: ModelOutput.allCases.map(\.name)))")
                }
                return output
            })
    }

    private var list: [String] {
        names.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The results that were asked for: of a series, all or single elements.
    ///
    /// - Parameter results: By their names in transformers.
    func chosen(_ results: [String: Tensor]) throws -> [String: Tensor] {
        guard !names.isEmpty else { return results }
        let list = list
        for name in list where name.contains(".") && results[name] == nil {
            throw ValidationError(
                "--outputs: the model has no \(name) (it has \(results.keys.sorted().joined(separator: ", ")))")
        }
        return results.filter { name, _ in
            let whole = String(name.split(separator: ".").first ?? "")
            // Captures stay.
            guard ModelOutput.allCases.contains(where: { $0.name == whole }) else { return true }
            return list.contains(name) || list.contains(whole)
        }
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
