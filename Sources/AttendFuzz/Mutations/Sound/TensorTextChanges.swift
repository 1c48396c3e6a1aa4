import AttendParity
import AttendRuntime

/// Changes to tensors written as JSON that keep elements, shape and dtype consistent.
struct TensorTextChanges: SoundChanges {
    let file: String
    /// Whether names, dtypes and shapes are kept, because a graph requires them.
    var keepsTypes = false

    private static let elementLimit = 4096

    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation? {
        edit(file, of: &draft) { root in
            guard case .array(var values)? = root["tensors"] else { return nil }
            let tensors = values.compactMap { TensorText($0) }
            guard tensors.count == values.count, !tensors.isEmpty else { return nil }
            let index = numbers.below(tensors.count)
            var tensor = tensors[index]
            // Only the shape could be changed.
            if keepsTypes && tensor.data.isEmpty { return nil }
            let what: String
            switch keepsTypes ? numbers.below(4) : numbers.below(12) {
            case 0, 1, 2: what = TensorTextChanges.element(&tensor, &numbers)
            case 3: what = TensorTextChanges.fill(&tensor, &numbers)
            case 4, 5: what = TensorTextChanges.shape(&tensor, &numbers)
            case 6: what = TensorTextChanges.growth(&tensor, &numbers)
            case 7: what = TensorTextChanges.type(&tensor, &numbers)
            case 8:
                let taken = Set(tensors.map(\.name))
                let name = numbers.pick(BoundaryValues.strings)
                // Canonically equivalent strings are equal in Swift, and so one name to the reader.
                guard !taken.contains(name) else { return nil }
                if numbers.chance(0.5) {
                    var copy = tensor
                    copy.name = name
                    root["tensors"] = .array(values + [copy.value])
                    return "\"\(tensor.name)\" under a second name"
                }
                what = "\"\(tensor.name)\" renamed"
                tensor.name = name
            case 9:
                values.remove(at: index)
                root["tensors"] = .array(values)
                return "without \"\(tensor.name)\""
            case 10:
                root["tensors"] = .array(values.reversed())
                return "tensors in reverse"
            default:
                root["labels"] = .object([.init("n", .array(BoundaryValues.strings.prefix(3).map { .string($0) }))])
                return "with labels"
            }
            values[index] = tensor.value
            root["tensors"] = .array(values)
            return "\"\(tensor.name)\": \(what)"
        }
    }

    // MARK: Elements

    private static func valid(_ dtype: DType, _ numbers: inout SeededNumbers) -> DraftValue {
        switch dtype {
        case .bool: .bool(numbers.chance(0.5))
        case .int32: .raw(numbers.pick(["0", "1", "-1", "-0", "2147483647", "-2147483648", "2147483646"]))
        case .int64:
            .raw(
                numbers.pick([
                    "0", "1", "-1", "-0", "9223372036854775807", "-9223372036854775808", "4294967296"
                ]))
        case .float32, .float16, .bfloat16:
            numbers.chance(0.2)
                ? .string(numbers.pick(["nan", "inf", "-inf"]))
                : .raw(numbers.pick(dtype == .float16 ? small : small + large))
        }
    }

    /// Numbers in float16's range, as texts.
    private static let small = [
        "1e-308", "5e-324", "0.0", "-0.0", "-0", "0.5", "65504", "65519.9", "1e-45", "6e-8", "1.0009765625", "16777e-1",
        "0.1000000000000000055511151231257827021181583"
    ]
    /// Numbers in bfloat16's range and float32's, and beyond float16's.
    private static let large = [
        "65520", "3.38e38", "-3.38e38", "123456789012345678901234567890", "9223372036854775808", "16777217"
    ]

    private static func element(_ tensor: inout TensorText, _ numbers: inout SeededNumbers) -> String {
        guard !tensor.data.isEmpty else { return shape(&tensor, &numbers) }
        let index = numbers.below(tensor.data.count)
        tensor.data[index] = valid(tensor.dtype, &numbers)
        return "element \(index) → \(String(decoding: tensor.data[index].bytes, as: UTF8.self))"
    }

    private static func fill(_ tensor: inout TensorText, _ numbers: inout SeededNumbers) -> String {
        tensor.data = tensor.data.map { _ in valid(tensor.dtype, &numbers) }
        return "all elements changed"
    }

    // MARK: Shapes

    private static func shape(_ tensor: inout TensorText, _ numbers: inout SeededNumbers) -> String {
        let count = tensor.data.count
        if count == 0 {
            tensor.shape = numbers.pick([[0], [0, 4], [3, 0], [0, 9_223_372_036_854_775_807], [0, 0, 0]])
        } else {
            let divisor = (1...count).filter { count % $0 == 0 }
            let first = numbers.pick(divisor)
            tensor.shape = numbers.pick([
                [count], [1, count], [count, 1, 1], [first, count / first],
                tensor.shape.reversed(), tensor.shape + [1], [Int](repeating: 1, count: 12) + [count]
            ])
            if count == 1, numbers.chance(0.3) { tensor.shape = [] }
        }
        return "of shape \(tensor.shape)"
    }

    /// One more row, or no rows.
    private static func growth(_ tensor: inout TensorText, _ numbers: inout SeededNumbers) -> String {
        guard let rows = tensor.shape.first, rows > 0, tensor.data.count < elementLimit, numbers.chance(0.8) else {
            tensor.shape = tensor.shape.isEmpty ? [0] : [0] + tensor.shape.dropFirst()
            tensor.data = []
            return "without elements"
        }
        tensor.data += tensor.data.prefix(tensor.data.count / rows)
        tensor.shape[0] = rows + 1
        return "with one more along its first axis"
    }

    private static func type(_ tensor: inout TensorText, _ numbers: inout SeededNumbers) -> String {
        let integers = tensor.data.compactMap(\.integer)
        var fitting: [DType] = [.float32, .float16, .bfloat16]
        if tensor.dtype == .bool || integers.count < tensor.data.count {
            fitting = fitting.contains(tensor.dtype) ? fitting : [.bool]
        } else {
            fitting += [.int64]
            if integers.allSatisfy({ Int32(exactly: $0) != nil }) { fitting += [.int32] }
        }
        if tensor.data.isEmpty { fitting = DType.allCases }
        tensor.dtype = numbers.pick(fitting)
        return "of \(tensor.dtype.rawValue)"
    }
}

/// A tensor of such a file, or a constant of a graph.
struct TensorText {
    var name: String
    var dtype: DType
    var shape: [Int]
    var data: [DraftValue]

    /// Nil for a value that is not such a tensor.
    init?(_ value: DraftValue) {
        guard value.count == 4, let name = value["name"]?.text,
            let dtype = value["dtype"]?.text.flatMap({ DType(rawValue: $0) }),
            case .array(let sizes)? = value["shape"], case .array(let data)? = value["data"]
        else { return nil }
        (self.name, self.dtype, self.data) = (name, dtype, data)
        shape = sizes.compactMap(\.integer)
        guard shape.count == sizes.count else { return nil }
    }

    var value: DraftValue {
        .object([
            .init("name", .string(name)), .init("dtype", .string(dtype.rawValue)),
            .init("shape", .array(shape.map(DraftValue.number))), .init("data", .array(data))
        ])
    }
}
