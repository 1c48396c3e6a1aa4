import AttendModels
import AttendRuntime

extension CountReport {
    func json() -> JSONValue {
        .object([
            .init("version", .integer(1)), .init("model", .string(model.title)), .init("source", .string(model.source)),
            .init("dtype", .string(dtype.rawValue)),
            .init("parameters", parametersJSON), .init("attention", .array(parameters.attentions.map(attentionJSON))),
            .init("context", .array(costs.map(costJSON)))
        ])
    }

    private var parametersJSON: JSONValue {
        let roles = ParameterCount.Role.allCases.map {
            JSONValue.Member($0.key, .integer(parameters.total(of: $0)))
        }
        let groups = parameters.groups.map { group in
            JSONValue.object([
                .init("name", .string(group.name)), .init("role", .string(group.role.key)),
                .init("shape", .sizes(group.shape)), .init("count", .integer(group.count)),
                .init("parameters", .integer(group.parameterCount))
            ])
        }
        return .object([
            .init("total", .integer(parameters.total)), .init("bytes", .integer(model.weightByteCount(dtype))),
            .init("by_role", .object(roles)), .init("groups", .array(groups))
        ])
    }

    private func attentionJSON(_ attention: (shape: AttentionShape, count: Int)) -> JSONValue {
        let shape = attention.shape
        func matrix(_ shape: [Int]) -> JSONValue {
            .object([.init("shape", .sizes(shape)), .init("parameters", .integer(shape.product))])
        }
        return .object([
            .init("kind", .string(shape.kind.rawValue)), .init("blocks", .integer(attention.count)),
            .init("heads", .integer(shape.headCount)), .init("key_value_heads", .integer(shape.keyValueHeadCount)),
            .init(
                "head",
                .object([
                    .init("query", matrix(shape.queryOfHead)), .init("key", matrix(shape.keyOfHead)),
                    .init("value_down", matrix(shape.valueDownOfHead)),
                    .init("value_up", matrix(shape.valueUpOfHead)),
                    .init("parameters", .integer(shape.headParameterCount))
                ])),
            .init("square_value_map", matrix(shape.squareValueMap)),
            .init("factored_value_map", .integer(shape.factoredValueMapCount)),
            .init("block_parameters", .integer(shape.blockParameterCount)),
            .init("block_biases", .integer(shape.biasCount)),
            .init("all_blocks_parameters", .integer(attention.count.times(shape.blockParameterCount)))
        ])
    }

    private func costJSON(_ cost: ContextCost) -> JSONValue {
        .object([
            .init("tokens", .integer(cost.tokens)), .init("pattern_cells", .integer(cost.patternCells)),
            .init("patterns", .integer(cost.patternCount)), .init("all_pattern_cells", .integer(cost.allPatternCells)),
            .init("pattern_bytes", .integer(bytes(cost.patternCells))),
            .init("all_pattern_bytes", .integer(bytes(cost.allPatternCells))),
            .init("key_value_bytes", .integer(bytes(cost.cachedNumbers))), .init("flops", .number(cost.flops)),
            .init("working_bytes", .integer(cost.workingByteCount))
        ])
    }
}

extension ParameterCount.Role {
    /// The name in JSON.
    fileprivate var key: String {
        switch self {
        case .attention: "attention"
        case .attentionBias: "attention_biases"
        case .feedForward: "feed_forward"
        case .embedding: "embeddings"
        case .norm: "norms"
        case .other: "other"
        }
    }
}

extension JSONValue {
    static func sizes(_ shape: [Int]) -> JSONValue { .array(shape.map { .integer($0) }) }
}
