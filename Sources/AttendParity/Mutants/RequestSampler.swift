import AttendRuntime

/// Random requests of an operation, from its schema alone: a walk from one small request, in which a size, a dtype, an
/// attribute or an optional operand changes at each step, as long as the operation admits it.
///
/// It shares nothing with the cases, and serves to judge mutants that no case finds.
struct RequestSampler {
    let operation: OperationID
    private let schema: OperationSchema
    private let start: RequestDraft
    private var current: RequestDraft
    private var numbers: SeededNumbers

    init(_ operation: String, seed: Int) {
        guard let start = RequestDraft.first(of: operation) else {
            preconditionFailure("no first request of \(operation)")
        }
        self.operation = OperationID(operation)
        schema = start.schema
        (self.start, current) = (start, start)
        numbers = SeededNumbers(seed, "requests of \(operation)")
    }

    /// The next request of the walk.
    mutating func next() -> RequestDraft {
        if numbers.chance(0.02) { current = start }
        for _ in 0..<40 {
            var draft = current
            for _ in 0...numbers.below(3) { change(&draft) }
            guard draft.elementCount <= 1 << 13, let graph = draft.graph(),
                graph.outputs.allSatisfy({ graph.type(of: $0.value).isSmall })
            else { continue }
            current = draft
            return draft
        }
        current = start
        return start
    }

    private static let sizes = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130, 257]

    private mutating func change(_ draft: inout RequestDraft) {
        switch numbers.below(9) {
        case 8:
            let index = numbers.below(draft.inputs.count)
            guard draft.inputs.indices.contains(index) else { return }
            draft.inputs[index]?.view = numbers.pick(RequestDraft.View.allCases)
        case 0, 1:
            // All equal sizes together, so that shapes still agree.
            let known = Set(draft.inputs.flatMap { $0?.shape ?? [] } + draft.sizesOfAttributes).sorted()
            guard !known.isEmpty else { return }
            draft.replace(numbers.pick(known), by: numbers.pick(RequestSampler.sizes))
        case 2:
            let index = numbers.below(draft.inputs.count)
            guard draft.inputs.indices.contains(index), var shape = draft.inputs[index]?.shape, !shape.isEmpty else {
                return
            }
            shape[numbers.below(shape.count)] = numbers.pick(RequestSampler.sizes)
            draft.inputs[index]?.shape = shape
        case 3:
            // An axis more or less, in one operand or in all.
            let isMore = numbers.chance(0.5)
            let place = numbers.below(draft.inputs.count + 1)
            for index in draft.inputs.indices where place == draft.inputs.count || place == index {
                guard var shape = draft.inputs[index]?.shape else { continue }
                if isMore, shape.count < 8 { shape.insert(numbers.pick([1, 2, 3]), at: 0) }
                if !isMore, !shape.isEmpty { shape.removeFirst() }
                draft.inputs[index]?.shape = shape
            }
        case 4:
            let dtypes = Set(draft.inputs.compactMap { $0?.dtype }).sorted { $0.rawValue < $1.rawValue }
            guard !dtypes.isEmpty else { return }
            draft.replace(numbers.pick(dtypes), by: numbers.pick(DType.allCases))
        case 5: changeOptional(&draft)
        default: changeAttribute(&draft)
        }
    }

    private mutating func changeOptional(_ draft: inout RequestDraft) {
        if schema.isVariadic {
            if numbers.chance(0.5), draft.inputs.count > 1 {
                draft.inputs.removeLast()
            } else if draft.inputs.count < 6, let last = draft.inputs.last {
                draft.inputs.append(last)
            }
            return
        }
        let optional = schema.inputs.indices.filter { schema.inputs[$0].isOptional }
        guard !optional.isEmpty else { return }
        let index = numbers.pick(optional)
        guard draft.inputs[index] == nil else {
            draft.inputs[index] = nil
            return
        }
        let shapes = draft.inputs.compactMap { $0?.shape } + [draft.outputShape ?? []]
        var shape = numbers.pick(shapes)
        shape = Array(shape.suffix(numbers.below(shape.count + 1)))
        let name = schema.inputs[index].name
        let dtypes: [DType] =
            name.contains("mask") ? [.bool] : name.contains("length") || name.contains("offset") ? [.int64, .int32] : []
        draft.inputs[index] = .init(
            dtype: numbers.pick(dtypes + (dtypes.isEmpty ? [draft.inputs[0]?.dtype ?? .float32] : [])), shape: shape)
    }

    private mutating func changeAttribute(_ draft: inout RequestDraft) {
        guard !schema.attributes.isEmpty else { return }
        let attribute = numbers.pick(schema.attributes)
        if attribute.isOptional, numbers.chance(0.2) {
            draft.attributes[attribute.name] = attribute.defaultValue
            return
        }
        let rank = draft.inputs.first??.shape.count ?? draft.sizesOfAttributes.count
        draft.attributes[attribute.name] =
            switch attribute.kind {
            case .bool: .bool(numbers.chance(0.5))
            case .integer: .integer(numbers.chance(0.1) ? Int(numbers.next() >> 2) : numbers.below(9) - 3)
            case .number: .number(Double(numbers.uniform(0.01, 4)))
            case .string: .string(attribute.choices.isEmpty ? "" : numbers.pick(attribute.choices))
            case .dtype: .dtype(numbers.pick(DType.allCases))
            case .integers:
                .integers((0..<numbers.below(max(rank, 2) + 1)).map { _ in numbers.below(2 * rank + 1) - rank })
            case .sizes:
                .sizes(
                    (0..<(numbers.chance(0.8) ? rank : numbers.below(5))).map { _ in
                        Size(numbers.pick(RequestSampler.sizes) - numbers.below(3))
                    })
            }
        if attribute.name == "permutation" {
            draft.attributes["permutation"] = .integers(Array(0..<rank).shuffled(using: &numbers))
        }
    }

    /// Random values for a request's inputs, the same number of times as there are runs.
    mutating func values(for draft: RequestDraft) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for (index, input) in draft.inputs.enumerated() {
            guard let input else { continue }
            let count = input.stored.reduce(1, *)
            let isWild = numbers.chance(0.15)
            var storage: Tensor.Storage
            switch input.dtype {
            case .float32, .float16, .bfloat16:
                let floats = (0..<count).map { _ in
                    isWild && numbers.chance(0.3)
                        ? Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next()))
                        : numbers.uniform(-3, 3) * (isWild ? 40 : 1)
                }
                storage = Tensor(floats: floats, dtype: input.dtype).storage
            case .int32: storage = .int32((0..<count).map { _ in Int32(truncatingIfNeeded: integer(isWild)) })
            case .int64: storage = .int64((0..<count).map { _ in integer(isWild) })
            case .bool: storage = .bool((0..<count).map { _ in numbers.chance(0.5) ? 1 : 0 })
            }
            tensors["input\(index)"] = CaseValues.tensor(storage, input.stored)
        }
        return tensors
    }

    private mutating func integer(_ isWild: Bool) -> Int64 {
        isWild ? Int64(truncatingIfNeeded: numbers.next()) >> Int64(numbers.below(63)) : Int64(numbers.below(5) - 1)
    }
}

extension TensorType {
    fileprivate var isSmall: Bool {
        concreteShape.flatMap { try? Tensor.elementCount(of: $0) }.map { $0 <= 1 << 14 } ?? false
    }
}
