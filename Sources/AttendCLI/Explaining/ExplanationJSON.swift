import AttendModels
import AttendRuntime

extension Explanation {
    /// The explanation as JSON with all digits. Infinities and NaN are `"inf"`, `"-inf"` and `"nan"`.
    func json(device: DeviceDescription) -> JSONValue {
        .object([
            .init("version", .integer(1)), .init("model", .string(model.title)), .init("origin", .string(model.origin)),
            .init("backend", .string(device.backend)), .init("device", device.json),
            .init("layer", .integer(layer)), .init("head", .integer(head)), .init("focus", .integer(focus)),
            .init("tokens", .array(model.tokens.map { .string($0) })),
            .init("token_ids", .array(model.ids.map { .integer($0) })), .init("steps", .array(steps.map(\.json)))
        ])
    }
}

extension ExplainedStep {
    fileprivate var json: JSONValue {
        .object([
            .init("step", .string(step.rawValue)), .init("title", .string(title)), .init("formula", .string(formula)),
            .init("sentence", .string(sentence)), .init("figures", .array(figures.map(\.json)))
        ])
    }
}

extension Figure {
    fileprivate var json: JSONValue {
        func words(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
        switch self {
        case .vectors(let figure):
            return .object([
                .init("kind", .string("vectors")), .init("name", .string(figure.name)),
                .init("labels", words(figure.labels)),
                .init("components", figure.components.map(words) ?? .null), .init("values", .rows(figure.values))
            ])
        case .grid(let figure):
            return .object([
                .init("kind", .string("grid")), .init("name", .string(figure.name)),
                .init("queries", words(figure.queries)),
                .init("keys", words(figure.keys)), .init("values", .rows(figure.values)),
                .init("sums", .array(figure.sums.map { .exact(Double($0)) }))
            ])
        case .facts(let facts):
            let list = facts.map { fact in
                let value: JSONValue =
                    switch fact.value {
                    case .count(let count): .integer(count)
                    case .number(let number): .exact(number)
                    case .shape(let shape): .sizes(shape)
                    case .text(let text): .string(text)
                    }
                return JSONValue.object([.init("label", .string(fact.label)), .init("value", value)])
            }
            return .object([.init("kind", .string("facts")), .init("facts", .array(list))])
        }
    }
}

extension JSONValue {
    /// Rows of floats with the fewest digits that preserve them.
    static func rows(_ rows: [[Float]]) -> JSONValue {
        .array(rows.map { .array($0.map { .exact(Double("\($0)") ?? Double($0)) }) })
    }

    /// A number, or its name if JSON can't represent it.
    static func exact(_ value: Double) -> JSONValue {
        if value.isNaN { return .string("nan") }
        return value.isFinite ? .number(value) : .string(value < 0 ? "-inf" : "inf")
    }
}
