import AttendModels
import AttendRuntime

/// Texts with masks through a masked language model.
struct MaskedRun {
    let model: MaskedWords
    let texts: [String]

    /// The number of tokens shown for each mask.
    private static let count = 5

    /// Nil for other models, and for texts without masks.
    init?(_ model: LoadedModel, texts: [String]) throws {
        guard let model = try MaskedWords(model, masking: texts) else { return nil }
        (self.model, self.texts) = (model, texts)
    }

    func run(
        on named: ChosenBackends?, _ choice: BackendChoice, _ execution: ExecutionOptions, asJSON json: Bool
    ) throws {
        let first = try model.inputs(for: model.encode(texts[0]))
        let prepared = try PreparedRun(model.graph, inputs: first, on: named, choice, execution)
        let results = try execution.shadowed(prepared.session, choice) {
            try texts.map { try model.predictions($0, count: MaskedRun.count, session: prepared.session) }
        }
        try prepared.reportPlacements(first, choice, execution)
        guard json else {
            for (text, masks) in zip(texts, results) {
                Terminal.write(text)
                for mask in masks {
                    let words = mask.predictions.map {
                        "\($0.token) \(($0.probability * 100).formatted(decimals: 1)) %"
                    }
                    Terminal.write("  token \(mask.position): \(words.joined(separator: ", "))")
                }
            }
            return
        }
        let values = zip(texts, results).map { text, masks in
            JSONValue.object([.init("text", .string(text)), .init("masks", .array(masks.map(MaskedRun.json)))])
        }
        try Terminal.write(
            JSONValue.object([
                .init("version", .integer(1)), .init("model", .string(model.folder)),
                .init("backend", .string(prepared.device.backend)), .init("texts", .array(values))
            ]))
    }

    private static func json(_ mask: (position: Int, predictions: [MaskedWords.Prediction])) -> JSONValue {
        .object([
            .init("position", .integer(mask.position)),
            .init(
                "predictions",
                .array(
                    mask.predictions.map { prediction in
                        .object([
                            .init("token", .string(prediction.token)), .init("id", .integer(prediction.id)),
                            .init("probability", .number(prediction.probability))
                        ])
                    }))
        ])
    }
}
