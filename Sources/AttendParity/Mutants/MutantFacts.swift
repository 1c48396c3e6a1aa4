import AttendRuntime

/// What the draw knows of an operation.
struct MutantFacts: Sendable {
    let operation: String
    let schema: OperationSchema
    /// The dtypes of each operand and result in random requests.
    var inputDTypes: [Set<DType>] = []
    var outputDTypes: [Set<DType>]
    /// The pairs of operands that can have one type.
    var alike: Set<[Int]> = []
    /// Some random requests.
    private var drafts: [RequestDraft] = []

    /// By the order of ``MutantDraw/operations``.
    static let all: [MutantFacts] = MutantDraw.operations.compactMap { MutantFacts($0) }

    private init?(_ operation: String) {
        guard let first = RequestDraft.first(of: operation) else { return nil }
        self.operation = operation
        schema = first.schema
        outputDTypes = schema.outputs.map { _ in [] }
        var sampler = RequestSampler(operation, seed: 0)
        for _ in 0..<150 {
            let draft = sampler.next()
            drafts.append(draft)
            while inputDTypes.count < min(draft.inputs.count, 3, schema.isVariadic ? 3 : .max)
                || (!schema.isVariadic && inputDTypes.count < draft.inputs.count)
            {
                inputDTypes.append([])
            }
            for (index, input) in draft.inputs.enumerated() where inputDTypes.indices.contains(index) {
                if let input { inputDTypes[index].insert(input.dtype) }
                for (other, second) in draft.inputs.enumerated() where other > index && second == input && input != nil
                {
                    alike.insert([index, other])
                }
            }
            guard let graph = draft.graph() else { continue }
            for output in graph.outputs {
                guard let index = Int(output.name.dropFirst("output".count)) else { continue }
                outputDTypes[index].insert(graph.type(of: output.value).dtype)
            }
        }
    }

    /// Whether the change of an attribute gives a valid operation with results of the same types in some request. Else
    /// a backend could not compute the wrong result in the right one's memory.
    func admits(_ change: MutantAttribute, of attribute: OperationSchema.Attribute) -> Bool {
        func types(_ draft: RequestDraft) -> [TensorType]? {
            draft.graph().map { graph in graph.outputs.map { graph.type(of: $0.value) } }
        }
        return drafts.contains { draft in
            guard let changed = change.changed(draft.attributes, attribute.name, attribute) else { return false }
            var other = draft
            other.attributes = changed
            return types(other) == types(draft)
        }
    }

    var isCommutative: Bool {
        ["add", "multiply", "minimum", "maximum", "equal", "and", "or"].contains(operation)
    }

    var hasIndices: Bool { ["gather", "scatter_add", "embedding", "update_slice"].contains(operation) }
}
