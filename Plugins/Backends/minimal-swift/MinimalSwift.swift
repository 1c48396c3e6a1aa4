private import AttendBackend
public import AttendPlugin
private import Foundation

/// A whole backend in one file: every primitive, on dense inputs, in plain loops, in the host's memory. It claims no
/// composite, so the host opens attention and all else into primitives, and models run.
@c(attend_plugin_start)
public func start(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? { Minimal.export(host, fault) }

private final class Minimal: ExportedBackend {
    static let (name, version) = ("minimal-swift", "1.0.0")
    let device = DeviceDescription(backend: name, name: "plain loops", threads: 1)

    init(_ options: PluginOptions) {}
    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard let primitive = request.operation.primitive, let output = request.outputs[0] else {
            throw UnsupportedOperation("only primitives have kernels here")
        }
        let inputs = request.inputs.compactMap(\.self)
        for type in inputs.map(\.dtype) + [output.dtype] where type == .float16 || type == .bfloat16 {
            throw UnsupportedOperation("only float32, int32, int64 and bool, found \(type)")
        }
        let loops = Loops(primitive: primitive, inputs: inputs, output: output, attributes: request.attributes)
        return LoopKernel("plain \(primitive.rawValue)", request) { slices, results throws(BackendError) in
            var values: [[Number]] = []
            for (slice, operand) in zip(slices.compactMap(\.self), inputs) { values.append(try slice.read(operand)) }
            try results[0]?.write(loops.result(values), output.dtype)
        }
    }
}

/// An element: a float's bits, an integer, or a bool as 0 or 1.
private struct Number {
    let integer: Int64
    var float: Float { Float(bitPattern: UInt32(truncatingIfNeeded: integer)) }
    init(_ integer: some BinaryInteger) { self.integer = Int64(integer) }
    init(_ float: Float) { integer = Int64(float.bitPattern) }
    init(_ flag: Bool) { integer = flag ? 1 : 0 }
}
extension BufferSlice {
    fileprivate func read(_ operand: Operand) throws(BackendError) -> [Number] {
        switch operand.dtype {
        case .float32: try elements(operand.elementCount, as: Float.self).map { Number($0) }
        case .int32: try elements(operand.elementCount, as: Int32.self).map { Number($0) }
        case .int64: try elements(operand.elementCount, as: Int64.self).map { Number($0) }
        default: try elements(operand.elementCount, as: UInt8.self).map { Number($0) }
        }
    }
    fileprivate func write(_ x: [Number], _ dtype: DType) throws(BackendError) {
        switch dtype {
        case .float32: _ = try elements(x.count).update(fromContentsOf: x.map(\.float))
        case .int32: _ = try elements(x.count).update(fromContentsOf: x.map { Int32(truncatingIfNeeded: $0.integer) })
        case .int64: _ = try elements(x.count).update(fromContentsOf: x.map(\.integer))
        default: _ = try elements(x.count).update(fromContentsOf: x.map { $0.integer != 0 })
        }
    }
}

/// An operation on these very shapes.
private struct Loops {
    let primitive: Primitive
    let inputs: [Operand]
    let output: Operand
    let attributes: Attributes
    var dense: Layout { Layout(dense: inputs.first?.shape ?? output.shape) }
    var stretches: Bool { primitive.family != .other || primitive == .where || primitive == .broadcast }
    var isFloat: Bool { inputs.first?.dtype == .float32 }
    var axis: Int { attributes.integer("axis") + (attributes.integer("axis") < 0 ? dense.shape.count : 0) }

    func result(_ given: [[Number]]) throws(BackendError) -> [Number] {
        let x = zip(given, inputs).map {
            stretches ? pick($0, Layout(dense: $1.shape).broadcast(to: output.shape)) : $0
        }
        switch primitive {
        case .reshape, .stopGradient, .broadcast: return x[0]
        case .transpose: return pick(x[0], dense.transposed(attributes.integers("permutation")))
        case .slice: return pick(x[0], dense.sliced(SliceRange.ranges(of: dense.shape, attributes: attributes)))
        case .iota:
            let counting = Layout(shape: dense.shape, strides: dense.shape.indices.map { $0 == axis ? 1 : 0 })
            return counting.elementOffsets.map { converted(Double($0)) }
        case .cast: return x[0].map { isFloat ? converted(Double($0.float)) : cast($0.integer) }
        case .where: return zip(x[0].indices, x[0]).map { $1.integer != 0 ? x[1][$0] : x[2][$0] }
        case .random:
            let (run, seed) = (x[0][0].integer, attributes.integer("seed"))
            return (0..<output.elementCount).map { Number(Philox.uniforms($0 / 4, counter: run, seed: seed)[$0 % 4]) }
        case .pad, .concatenate, .updateSlice: return try put(x)
        case .gather, .scatterAdd: return try pickRows(x)
        case .reduceSum, .reduceMax, .argMax: return reduce(x[0])
        case .matmul: return multiply(x)
        default: return zip(x[0], x[x.count - 1]).map { apply(primitive, $0, $1) }
        }
    }
    func apply(_ primitive: Primitive, _ a: Number, _ b: Number) -> Number {
        if isFloat { return floatFunctions[primitive]?(a.float, b.float) ?? a }
        return integerFunctions[primitive]?(a.integer, b.integer) ?? a
    }
    func pick(_ numbers: [Number], _ view: Layout) -> [Number] { view.elementOffsets.map { numbers[$0] } }
    /// An index from the front of an axis that holds `room` elements from there on.
    func resolved(_ index: Number, _ size: Int, room: Int = 1) throws(BackendError) -> Int {
        let (given, place) = (Int(index.integer), Int(index.integer) + (index.integer < 0 ? size : 0))
        if place >= 0, place <= size - room { return place }
        throw .indexOutOfRange(backend: Minimal.name, operation: primitive.rawValue, index: given, size: size)
    }
    /// Puts inputs into boxes of the output, one after another.
    func put(_ x: [[Number]]) throws(BackendError) -> [Number] {
        let (isPad, isUpdate) = (primitive == .pad, primitive == .updateSlice)
        let strides = Layout.denseStrides(of: output.shape)
        var result = Array(repeating: converted(isPad ? attributes.number("value") : 0), count: output.elementCount)
        var start = zip(isPad ? attributes.concreteSizes("before") : [], strides).reduce(0) { $0 + $1.0 * $1.1 }
        for (values, operand) in zip(x, inputs).prefix(isUpdate ? 2 : x.count) {
            let box = Layout(shape: operand.shape, strides: strides, offset: start)
            for (place, value) in zip(box.elementOffsets, values) { result[place] = value }
            if primitive == .concatenate { start += operand.shape[axis] * strides[axis] }
            guard isUpdate else { continue }
            start = try resolved(x[2][0], output.shape[axis], room: inputs[1].shape[axis]) * strides[axis]
        }
        return result
    }
    /// gather and scatter_add: an axis becomes those of the indices, between `outer` and `inner` elements.
    func pickRows(_ x: [[Number]]) throws(BackendError) -> [Number] {
        let (size, inner, isGather) = (dense.shape[axis], dense.strides[axis], primitive == .gather)
        let outer = dense.shape[..<axis].reduce(1, *)
        var result = isGather ? [] : x[0]
        // A bad index is an error even where there is nothing to move.
        for index in x[1] { _ = try resolved(index, size) }
        for row in 0..<outer * x[1].count {
            let start = (row / x[1].count * size + (try resolved(x[1][row % x[1].count], size))) * inner
            if isGather { result += x[0][start..<start + inner] }
            let updates = isGather ? [] : x[2][row * inner..<(row + 1) * inner]
            for (i, update) in zip(start..., updates) { result[i] = apply(.add, result[i], update) }
        }
        return result
    }
    /// Each row of the reduced axes becomes one element. A NaN is larger than all.
    func reduce(_ x: [Number]) -> [Number] {
        let all = Array(dense.shape.indices)
        let named = primitive == .argMax ? [axis] : attributes.optionalIntegers("axes") ?? all
        let axes = Set(named.map { $0 < 0 ? $0 + all.count : $0 }).sorted()
        let rows = pick(x, dense.transposed(all.filter { !axes.contains($0) } + axes))
        let count = axes.reduce(1) { $0 * dense.shape[$1] }
        return (0..<output.elementCount).map { index in
            let row = rows[index * count..<(index + 1) * count]
            if primitive == .reduceSum { return row.reduce(Number(0)) { apply(.add, $0, $1) } }
            let best = row.indices.reduce(row.startIndex) { best, next in
                let (a, b) = (row[best], row[next])
                return (isFloat ? !a.float.isNaN && !(b.float <= a.float) : a.integer < b.integer) ? next : best
            }
            return primitive == .argMax
                ? Number(best - row.startIndex) : row.isEmpty ? converted(-.infinity) : row[best]
        }
    }
    func multiply(_ x: [[Number]]) -> [Number] {
        /// All matrices, each line by line along the sums.
        func lines(_ index: Int, isTransposed: Bool) -> [Float] {
            var order = Array(inputs[index].shape.indices)
            if isTransposed { order.swapAt(order.count - 1, order.count - 2) }
            let view = Layout(dense: inputs[index].shape).transposed(order)
            return pick(x[index], view.broadcast(to: output.shape.dropLast(2) + view.shape.suffix(2))).map(\.float)
        }
        let left = lines(0, isTransposed: attributes.bool("transpose_lhs"))
        let right = lines(1, isTransposed: !attributes.bool("transpose_rhs"))
        let terms = dense.shape[dense.shape.count - (attributes.bool("transpose_lhs") ? 2 : 1)]
        let sizes = Array(output.shape.suffix(2))
        return (0..<output.elementCount).map { place in
            let column = place / (sizes[0] * sizes[1]) * sizes[1] + place % sizes[1]
            return Number(
                (0..<terms).reduce(0) { $0 + left[place / sizes[1] * terms + $1] * right[column * terms + $1] })
        }
    }
    func cast(_ integer: Int64) -> Number {
        if output.dtype == .float32 { return Number(Float(integer)) }
        return output.dtype == .int64 ? Number(integer) : converted(Double(integer))
    }
    /// As the output's type: integers toward zero and as near as fits, from a NaN 0.
    func converted(_ x: Double) -> Number {
        if output.dtype == .float32 { return Number(Float(x)) }
        if output.dtype == .bool { return Number(x != 0) }
        let (least, most) = output.dtype == .int32 ? (Int64(Int32.min), Int64(Int32.max)) : (.min, .max)
        return Number(x.isNaN ? 0 : x <= Double(least) ? least : x >= Double(most) ? most : Int64(x))
    }
}

private let floatFunctions: [Primitive: @Sendable (Float, Float) -> Number] = [
    .add: { Number($0 + $1) }, .subtract: { Number($0 - $1) }, .multiply: { Number($0 * $1) },
    .divide: { Number($0 / $1) }, .power: { Number(pow($0, $1)) }, .minimum: { Number($0.isNaN || $0 < $1 ? $0 : $1) },
    .maximum: { Number($0.isNaN || $0 > $1 ? $0 : $1) }, .equal: { Number($0 == $1) }, .less: { Number($0 < $1) },
    .lessEqual: { Number($0 <= $1) }, .greater: { Number($0 > $1) }, .greaterEqual: { Number($0 >= $1) },
    .negate: { a, _ in Number(-a) }, .abs: { a, _ in Number(abs(a)) }, .floor: { a, _ in Number(a.rounded(.down)) },
    .sign: { a, _ in Number(a > 0 ? 1 : a < 0 ? -1 : a) }, .exp: { a, _ in Number(exp(a)) },
    .log: { a, _ in Number(log(a)) }, .sqrt: { a, _ in Number(a.squareRoot()) }, .sin: { a, _ in Number(sin(a)) },
    .cos: { a, _ in Number(cos(a)) }, .reciprocalSqrt: { a, _ in Number(1 / a.squareRoot()) },
    .reciprocal: { a, _ in Number(1 / a) }, .tanh: { a, _ in Number(tanh(a)) }, .erf: { a, _ in Number(erf(a)) }
]
private let integerFunctions: [Primitive: @Sendable (Int64, Int64) -> Number] = [
    .add: { Number($0 &+ $1) }, .subtract: { Number($0 &- $1) }, .multiply: { Number($0 &* $1) },
    .divide: { Number($1 == 0 ? 0 : $1 == -1 ? 0 &- $0 : $0 / $1) }, .minimum: { Number(min($0, $1)) },
    .maximum: { Number(max($0, $1)) }, .and: { Number(min($0, $1)) }, .or: { Number(max($0, $1)) },
    .equal: { Number($0 == $1) }, .less: { Number($0 < $1) }, .lessEqual: { Number($0 <= $1) },
    .greater: { Number($0 > $1) }, .greaterEqual: { Number($0 >= $1) }, .sign: { a, _ in Number(a.signum()) },
    .negate: { a, _ in Number(0 &- a) }, .abs: { a, _ in Number(a < 0 ? 0 &- a : a) }, .not: { a, _ in Number(a == 0) }
]
