import AttendParity
import AttendRuntime

/// Graphs of primitives that passes take for something larger, rightly or not: sizes broadcast, ranks differ, forms vary.
struct LookAlikes {
    private var numbers: SeededNumbers
    private let builder: GraphBuilder
    private var inputs: [String: Tensor] = [:]
    private var outputCount = 0

    private init(_ seed: Int) {
        numbers = SeededNumbers(seed, "look-alikes")
        builder = GraphBuilder("look-alike-\(seed)")
    }

    /// Some graph for each seed.
    static func graph(_ seed: Int) throws -> (graph: Graph, inputs: [String: Tensor]) {
        var made = LookAlikes(seed)
        switch seed % 4 {
        case 0: try made.attention()
        case 1: try made.norm()
        case 2: try made.products()
        default:
            try made.attention()
            try made.norm()
            try made.products()
        }
        return (try made.builder.build(), made.inputs)
    }

    private mutating func tensor(_ shape: [Int]) throws -> Tensor {
        try Tensor(uniform: shape, in: -1...1, seed: numbers.below(1 << 30))
    }

    private mutating func input(_ shape: [Int]) throws -> Value {
        let name = "x\(inputs.count)"
        inputs[name] = try tensor(shape)
        return try builder.input(name, .float32, shape.map { Size($0) })
    }

    private mutating func constant(_ shape: [Int]) throws -> Value { try builder.constant(tensor(shape)) }

    /// A number as exporters write it: a scalar, with axes of 1, or stretched to some shape.
    private mutating func number(_ number: Double, _ shape: [Int]) throws -> Value {
        let scalar = try builder.scalar(number)
        switch numbers.below(6) {
        case 0: return try scalar.reshaped(Array(repeating: 1, count: 1 + numbers.below(shape.count + 1)))
        case 1: return try scalar.broadcast(shape.map { Size($0) })
        // Larger than what it meets.
        case 2 where shape.first == 1 && numbers.chance(0.3):
            return try scalar.broadcast(([2] + shape.dropFirst()).map { Size($0) })
        default: return scalar
        }
    }

    /// Each size left as it is, made 1, or, but for the last, made larger where it is 1.
    private mutating func stretched(_ shape: [Int]) -> [Int] {
        var sizes = shape.map { size in
            numbers.chance(0.4) ? 1 : size == 1 && numbers.chance(0.2) ? 2 : size
        }
        if let last = shape.last, last == 1 { sizes[sizes.count - 1] = 1 }
        return Array(sizes.dropFirst(numbers.below(shape.count)))
    }

    private mutating func output(_ value: Value) throws {
        try builder.output("y\(outputCount)", value)
        // A sum shows a size that broadcasting would hide.
        if value.type.rank > 1 { try builder.output("s\(outputCount)", value.sum(axes: [0])) }
        outputCount += 1
    }

    // MARK: Attention

    private mutating func attention() throws {
        let (batch, heads) = (1 + numbers.below(2), [1, 2, 4][numbers.below(3)])
        let (queries, keys, width) = (1 + numbers.below(5), 1 + numbers.below(5), 1 + numbers.below(6))
        let groups = numbers.chance(0.4) ? [1, 2][numbers.below(2)] : 1
        var query = try input([
            numbers.chance(0.1) ? 1 : batch, numbers.chance(0.2) ? 1 : heads * groups, queries, width
        ])
        var (key, value) = (try input([batch, heads, keys, width]), try input([batch, heads, keys, 3]))
        if groups > 1 || numbers.chance(0.2) {
            key = try repeated(key, groups)
            value = try repeated(value, groups)
        }
        let shape = [batch, heads * groups, queries, keys]
        if numbers.chance(0.3) { query = try query * number(0.5, query.type.concreteShape ?? []) }
        let turned = numbers.chance(0.5)
        var scores =
            try turned ? query.matmul(key.transposed([0, 1, 3, 2])) : query.matmul(key, transposeRHS: true)
        if numbers.chance(0.5) {
            let factor = try number(0.7, shape)
            scores = try numbers.chance(0.5) ? scores * factor : scores / factor
        }
        if numbers.chance(0.2) { scores = try (scores / number(3, shape)).tanh() * number(3, shape) }
        for _ in 0..<numbers.below(3) {
            let bias = try numbers.chance(0.5) ? constant(stretched(shape)) : input(stretched(shape))
            scores = try numbers.chance(0.5) ? scores + bias : bias + scores
        }
        if numbers.chance(0.4) {
            let shown = try constant(stretched(shape)).greater(builder.scalar(-0.8))
            scores = try shown.where(scores, number(-.infinity, shape))
        }
        if numbers.chance(0.1) { scores = try scores * number(2, shape) }
        try output(scores.softmax(axis: numbers.chance(0.15) ? 2 : -1).matmul(value))
    }

    private func repeated(_ value: Value, _ groups: Int) throws -> Value {
        let shape = value.shape
        guard let heads = shape[1].constant else { return value }
        let single = try value.reshaped([shape[0], shape[1], 1, shape[2], shape[3]])
        let wide = try single.broadcast([shape[0], shape[1], Size(groups), shape[2], shape[3]])
        return try wide.reshaped([shape[0], Size(heads * groups), shape[2], shape[3]])
    }

    // MARK: Norms

    private mutating func norm() throws {
        let shapes = [[4, 8], [1, 8], [2, 3, 8], [1, 4, 8], [4, 1]]
        let shape = numbers.pick(shapes)
        var above = try input(shape)
        let axis = numbers.chance(0.15) ? 0 : -1
        if numbers.chance(0.6) { above = try above - above.mean(axes: [axis], keepDimensions: true) }
        let squares = try numbers.chance(0.5) ? above * above : above.power(number(2, shape))
        let sum = try squares.mean(axes: [axis], keepDimensions: true) + number(1e-3, shape)
        var normed = try numbers.chance(0.5) ? above / sum.sqrt() : above * sum.reciprocalSqrt()
        if numbers.chance(0.6) { normed = try normed * constant(stretched(shape)) }
        if numbers.chance(0.6) { normed = try normed + constant(stretched(shape)) }
        try output(normed)
    }

    // MARK: Products

    /// A matrix that was stored, turned or reshaped.
    private mutating func weight(_ rows: Int, _ columns: Int) throws -> Value {
        switch numbers.below(4) {
        case 0: try constant([columns, rows]).transposed([1, 0])
        case 1: try constant([columns, rows]).reshaped([Size(rows), Size(columns)])
        case 2: try constant([rows * columns]).reshaped([Size(rows), Size(columns)])
        default: try constant([rows, columns])
        }
    }

    private mutating func products() throws {
        let shape = numbers.pick([[5, 8], [1, 8], [2, 3, 8], [1, 1, 8]])
        let value = try input(shape)
        var terms: [Value] = []
        for _ in 0..<(1 + numbers.below(3)) {
            let out = numbers.pick([1, 6, 6, 8])
            var term =
                try numbers.chance(0.5)
                ? value.matmul(weight(8, out)) : value.linear(weight: weight(out, 8), bias: nil)
            if numbers.chance(0.5) { term = try term + constant(stretched(Array(shape.dropLast()) + [out])) }
            if numbers.chance(0.4) { term = try numbers.chance(0.5) ? term.gelu() : term.relu() }
            terms.append(term)
        }
        var sum = terms[0]
        for term in terms.dropFirst() {
            let fits = zip(sum.shape.reversed(), term.shape.reversed()).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
            if fits { sum = try sum + term } else { try output(term) }
        }
        if numbers.chance(0.5), sum.shape.last == 8 { sum = try sum + value }
        try output(sum)
    }
}
