import AttendRuntime

/// Random graphs of operations without rounding, on values of many shapes and of ranks up to 8, in chains of up to
/// hundreds of nodes. Values are used several times; an index that is invalid fails amid the work of the others.
struct ShapeGraphCases: CaseFamily {
    let operations = ["shape_graph"]

    func keys(of operation: String) -> [String] { ["rank", "steps", "seed"] }

    private func chain(_ rank: Int, _ steps: Int) -> ParityCase {
        ParityCase("shape_graph").with("rank", rank).with("steps", steps)
    }

    func grid(of operation: String) -> [ParityCase] {
        [chain(3, 12), chain(8, 30), chain(5, 80), chain(8, 8), chain(4, 300)].enumerated().map {
            $1.with("seed", $0)
        }
    }

    func seeded(_ operation: String, _ seed: Int) -> ParityCase {
        var numbers = SeededNumbers(seed, operation)
        return chain(1 + numbers.below(TensorType.largestRank), 4 + numbers.below(36)).with("seed", seed)
    }

    func build(_ reader: CaseReader) throws(CaseError) -> BuiltCase {
        let rank = try reader.size("rank", default: 4, atLeast: 1)
        let steps = try reader.size("steps", default: 4, atLeast: 1)
        guard rank <= TensorType.largestRank else {
            throw reader.error("rank must be at most \(TensorType.largestRank), found \(rank)")
        }
        guard steps <= 1000 else { throw reader.error("steps must be at most 1000, found \(steps)") }
        var walk = try ShapeWalk(reader, rank: rank)
        // In the middle, so that an invalid index fails with work before and after it.
        for step in 0..<steps { try walk.step(step, withInvalidIndices: step == steps / 2) }
        var built = try walk.finished()
        built.isGraph = true
        return built
    }
}

/// A random walk through shapes: each step applies an operation to one of the last values. All values are whole numbers
/// of at most ``largest``, which every operation here computes exactly.
private struct ShapeWalk {
    private var graph: CaseGraph
    private var numbers: SeededNumbers
    private let rank: Int
    private var known: [Shaped] = []
    /// The place of the value with indices that may be invalid.
    private var failing: Int?

    /// A value and its shape.
    private struct Shaped {
        let value: Value
        let shape: [Int]
    }

    private static let elementLimit = 2048
    private static let largest: Float = 64

    init(_ reader: CaseReader, rank: Int) throws(CaseError) {
        graph = CaseGraph(reader)
        numbers = SeededNumbers(try reader.seed, "shapes")
        self.rank = rank
        for name in ["first", "second"] {
            let shape = (0..<rank).map { _ in 1 + numbers.below(max(2, 24 / rank)) }
            known.append(try input(name, shape))
        }
    }

    mutating func finished() throws(CaseError) -> BuiltCase {
        // What no output needs does not run, and can't fail.
        let outputs = [known.count - 1, numbers.below(known.count), failing ?? 0]
        return try graph.finished(
            zip(["output", "second_output", "third_output"], outputs).map { ($0, known[$1].value) })
    }

    mutating func step(_ index: Int, withInvalidIndices isFailing: Bool) throws(CaseError) {
        let recent = known[known.count - 1 - numbers.below(min(3, known.count))]
        if isFailing {
            failing = known.count
            known.append(try gathered(recent, "indices"))
            return
        }
        let next =
            switch numbers.below(14) {
            case 0: try transposed(recent)
            case 1: try reshaped(recent)
            case 2: try sliced(recent)
            case 3: try concatenated(recent)
            case 4: try padded(recent)
            case 5: try broadcast(recent)
            case 6, 7, 8: try combined(recent, index)
            case 9: try reduced(recent)
            case 10: try gathered(recent, nil)
            case 11: try cast(recent)
            case 12: try updated(recent, index)
            default: Shaped(value: try graph.apply(.negate, [recent.value]), shape: recent.shape)
            }
        known.append(next)
    }

    // MARK: Inputs

    private mutating func input(_ name: String, _ shape: [Int]) throws(CaseError) -> Shaped {
        func tensor() -> Tensor {
            let count = shape.reduce(1, *)
            return CaseValues.tensor(.float32((0..<count).map { _ in Float(numbers.below(19) - 9) }), shape)
        }
        let (own, other) = (tensor(), tensor())
        return Shaped(value: try graph.input(name, own, other: other), shape: shape)
    }

    /// The value between −64 and 64, which float16 and bfloat16 hold too.
    private func limited(_ value: Value) throws(CaseError) -> Value {
        let limit = try graph.constant(CaseValues.tensor(.float32([ShapeWalk.largest]), []))
        return try graph.apply(.maximum, [graph.apply(.minimum, [value, limit]), graph.apply(.negate, [limit])])
    }

    // MARK: Moves

    private mutating func transposed(_ from: Shaped) throws(CaseError) -> Shaped {
        let permutation = Array(from.shape.indices).shuffled(using: &numbers)
        return try made(permutation.map { from.shape[$0] }) { () throws(GraphError) in
            try from.value.transposed(permutation)
        }
    }

    private mutating func reshaped(_ from: Shaped) throws(CaseError) -> Shaped {
        var rest = from.shape.reduce(1, *)
        var shape: [Int] = []
        for _ in 0..<numbers.below(rank) {
            let size = numbers.pick((1...rest).filter { rest % $0 == 0 && $0 <= 16 })
            shape.append(size)
            rest /= size
        }
        if rest > 1 || numbers.chance(0.5) { shape.append(rest) }
        return try made(shape) { () throws(GraphError) in try from.value.reshaped(shape.map { Size($0) }) }
    }

    private mutating func sliced(_ from: Shaped) throws(CaseError) -> Shaped {
        guard let axis = from.shape.indices.filter({ from.shape[$0] > 1 }).randomElement(using: &numbers) else {
            return try made(from.shape) { () throws(GraphError) in try from.value.transposed(Array(from.shape.indices))
            }
        }
        let size = from.shape[axis]
        var shape = from.shape
        guard numbers.chance(0.6) else {
            return try made(shape) { () throws(GraphError) in
                try from.value.sliced(axis: axis, from: Size(size - 1), to: Size(-size - 1), step: -1)
            }
        }
        let (low, step) = (numbers.below(size), 1 + numbers.below(2))
        let high = low + 1 + numbers.below(size - low)
        shape[axis] = (high - low + step - 1) / step
        return try made(shape) { () throws(GraphError) in
            try from.value.sliced(axis: axis, from: Size(low), to: Size(high), step: step)
        }
    }

    private mutating func concatenated(_ from: Shaped) throws(CaseError) -> Shaped {
        guard !from.shape.isEmpty else { return try broadcast(from) }
        let alike = known.filter { $0.shape == from.shape }
        let parts = [from, numbers.pick(alike)]
        let axis = numbers.below(from.shape.count)
        var shape = from.shape
        shape[axis] *= 2
        guard shape.reduce(1, *) <= ShapeWalk.elementLimit else { return try reduced(from) }
        return Shaped(
            value: try graph.apply(.concatenate, parts.map(\.value), ["axis": .integer(axis)]), shape: shape)
    }

    private mutating func padded(_ from: Shaped) throws(CaseError) -> Shaped {
        let before = from.shape.map { _ in numbers.below(3) / 2 }
        let after = from.shape.map { _ in numbers.below(3) / 2 }
        let shape = zip(from.shape, zip(before, after)).map { $0 + $1.0 + $1.1 }
        guard shape.reduce(1, *) <= ShapeWalk.elementLimit else { return try reduced(from) }
        return try made(shape) { () throws(GraphError) in
            try from.value.padded(before: before.map { Size($0) }, after: after.map { Size($0) }, value: 3)
        }
    }

    private mutating func broadcast(_ from: Shaped) throws(CaseError) -> Shaped {
        var shape = from.shape.map { $0 == 1 && numbers.chance(0.7) ? 1 + numbers.below(3) : $0 }
        if shape.count < rank, numbers.chance(0.5) { shape.insert(2, at: 0) }
        guard shape.reduce(1, *) <= ShapeWalk.elementLimit else { return try reduced(from) }
        return try made(shape) { () throws(GraphError) in try from.value.broadcast(shape.map { Size($0) }) }
    }

    private mutating func updated(_ from: Shaped, _ index: Int) throws(CaseError) -> Shaped {
        guard let axis = from.shape.indices.randomElement(using: &numbers) else { return from }
        var part = from.shape
        part[axis] = 1 + numbers.below(from.shape[axis])
        let room = from.shape[axis] - part[axis] + 1
        let update = try input("update\(index)", part)
        let start = try graph.input(
            "start\(index)", Tensor(indices: [numbers.below(room)], .int32, []),
            other: Tensor(indices: [numbers.below(room)], .int32, []))
        return Shaped(
            value: try graph.apply(.updateSlice, [from.value, update.value, start], ["axis": .integer(axis)]),
            shape: from.shape)
    }

    /// - Parameter name: The name of an input with the indices, of which invalid ones are due errors; nil for constant
    ///   indices.
    private mutating func gathered(_ from: Shaped, _ name: String?) throws(CaseError) -> Shaped {
        guard let axis = from.shape.indices.randomElement(using: &numbers) else {
            guard let name else { return from }
            return try gathered(made([1]) { () throws(GraphError) in try from.value.reshaped([1]) }, name)
        }
        let (size, count) = (from.shape[axis], 1 + numbers.below(min(from.shape[axis], 7)))
        func indices() -> [Int] { (0..<count).map { _ in numbers.below(2 * size) - size } }
        var shape = from.shape
        shape[axis] = count
        let valid = indices()
        let places: Value
        if let name {
            places = try graph.input(
                name, Tensor(indices: valid, .int64, [count]), other: Tensor(indices: indices(), .int64, [count]))
            for number in [size, numbers.pick(DueError.indices(outside: size, room: 1, .int64))] {
                var wrong = valid
                wrong[numbers.below(count)] = number
                graph.dueErrors.append(
                    DueError(
                        input: name, tensor: Tensor(indices: wrong, .int64, [count]), index: number, size: size,
                        operation: Primitive.gather.rawValue))
            }
        } else {
            places = try graph.constant(Tensor(indices: valid, .int64, [count]))
        }
        return Shaped(value: try graph.apply(.gather, [from.value, places], ["axis": .integer(axis)]), shape: shape)
    }

    // MARK: Numbers

    private mutating func combined(_ from: Shaped, _ index: Int) throws(CaseError) -> Shaped {
        let alike = known.filter { $0.shape == from.shape }
        let other: Value
        switch numbers.below(4) {
        case 0: other = try input("extra\(index)", from.shape).value
        case 1:
            // One row or column of the value itself.
            let axes = from.shape.indices.filter { _ in numbers.chance(0.5) }
            other = try graph.make { () throws(GraphError) in
                try axes.isEmpty ? from.value : from.value.max(axes: axes, keepDimensions: true)
            }
        default: other = numbers.pick(alike).value
        }
        let operands = numbers.chance(0.5) ? [from.value, other] : [other, from.value]
        let value =
            switch numbers.below(5) {
            case 0: try graph.apply(.minimum, operands)
            case 1: try graph.apply(.maximum, operands)
            case 2: try limited(graph.apply(.add, operands))
            case 3: try limited(graph.apply(.subtract, operands))
            default: try graph.apply(.where, [graph.apply(.less, operands)] + operands)
            }
        return Shaped(value: value, shape: from.shape)
    }

    private mutating func reduced(_ from: Shaped) throws(CaseError) -> Shaped {
        guard !from.shape.isEmpty else { return from }
        var axes = from.shape.indices.filter { _ in numbers.chance(0.4) }
        if axes.isEmpty { axes = [numbers.below(from.shape.count)] }
        let keeps = numbers.chance(0.5)
        let shape = from.shape.indices.compactMap { axes.contains($0) ? keeps ? 1 : nil : from.shape[$0] }
        guard numbers.chance(0.5) else {
            return try made(shape) { () throws(GraphError) in
                try from.value.max(axes: axes, keepDimensions: keeps)
            }
        }
        let sum = try made(shape) { () throws(GraphError) in try from.value.sum(axes: axes, keepDimensions: keeps) }
        return Shaped(value: try limited(sum.value), shape: shape)
    }

    private mutating func cast(_ from: Shaped) throws(CaseError) -> Shaped {
        let dtype = numbers.pick([DType.float16, .bfloat16, .int32, .int64])
        let there = try graph.apply(.cast, [from.value], ["dtype": .dtype(dtype)])
        return Shaped(value: try graph.apply(.cast, [there], ["dtype": .dtype(.float32)]), shape: from.shape)
    }

    private func made(
        _ shape: [Int], _ make: () throws(GraphError) -> Value
    ) throws(CaseError) -> Shaped {
        Shaped(value: try graph.make(make), shape: shape)
    }
}
