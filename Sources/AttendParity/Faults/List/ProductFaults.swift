import AttendRuntime

/// Faults of matrix products.
enum ProductFaults {
    static let all: [HostFault] = sums + tiles + linear + fused

    private static let sums: [HostFault] = [
        HostFault("matmul-thousandth", "one element 0.1 % too large", .element, of: ["matmul"]) { call in
            call.changeElement { $0 * 1.001 }
        },
        HostFault("matmul-half-sum", "float16 accumulation", .element, of: ["matmul"], when: \.givesFloat32) { call in
            ProductReading.takeElement(&call) { reading, row in
                reading.terms(row).reduce(0) { NarrowFloat.float(float16: NarrowFloat.float16($0 + $1)) }
            }
        },
        HostFault("matmul-tf32", "operands of 10 bits", .element, of: ["matmul"], when: \.givesFloat32) { call in
            ProductReading.takeElement(&call) { reading, row in
                zip(reading.left(row), reading.right(row)).reduce(0) { $0 + tf32($1.0) * tf32($1.1) }
            }
        },
        HostFault("matmul-last-term", "the last term dropped where k is not divisible by 4", .element, of: ["matmul"]) {
            call in
            ProductReading.takeElement(&call) { reading, row in
                reading.depth % 4 == 0 ? nil : reading.terms(row).dropLast().reduce(0, +)
            }
        },
        HostFault("matmul-skips-zeros", "0 · ∞ left out of the sum", .element, of: ["matmul"]) { call in
            ProductReading.takeElement(&call) { reading, row in
                let factors = zip(reading.left(row), reading.right(row))
                return factors.reduce(0) { $1.0 == 0 || $1.1 == 0 ? $0 : $0 + $1.0 * $1.1 }
            }
        },
        HostFault(
            "matmul-empty-sum",
            "the result not written if there are no terms", .element, of: ["matmul"]
        ) { call in
            guard let shape = call.request.inputs[0]?.shape, shape.count >= 2, shape.suffix(2).contains(0),
                let before = call.before[0], before.elementCount > 0
            else { return }
            call.replace(0..<1, with: before)
        }
    ]

    private static let tiles: [HostFault] = [
        HostFault(
            "matmul-lane", "the last column where n is not divisible by 16: its neighbor's number", .element,
            of: ["matmul"]
        ) { call in
            guard let width = call.outputShape.last, width % 16 != 0, width > 1, let right = call.outputs[0] else {
                return
            }
            let places = right.indices.map { ($0 + 1) % width == 0 ? $0 - 1 : $0 }
            call.takeElement(of: right.taking(places, shape: right.shape))
        },
        HostFault(
            "matmul-stale-row", "the last row where m is not divisible by 8: the previous row", .row, of: ["matmul"]
        ) { call in
            guard let height = call.outputShape.dropLast().last, let width = call.outputShape.last, height % 8 != 0,
                height > 1, let right = call.outputs[0]
            else { return }
            let places = right.indices.map { ($0 / width + 1) % height == 0 ? $0 - width : $0 }
            call.takeRow(of: right.taking(places, shape: right.shape))
        },
        HostFault("matmul-transposed", "a square right operand read transposed", .row, of: ["matmul"]) { call in
            var attributes = call.attributes
            attributes["transpose_rhs"] = .bool(!attributes.bool("transpose_rhs"))
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("matmul-first-batch", "the first matrix on the right used for all", .row, of: ["matmul"]) { call in
            let shape = call.shape(ofInput: 1)
            guard shape.count > 2, let right = call.inputs[1] else { return }
            let size = max(1, shape.suffix(2).reduce(1, *))
            call.takeRow(
                of: call.reference(input: 1, right.taking(right.indices.map { $0 % size }, shape: shape))[0])
        },
        HostFault("matmul-race", "an element is 0 in one run of 50", .run, of: ["matmul"]) { call in
            guard call.index % 50 == 37 else { return }
            call.changeElement { _ in 0 }
        }
    ]

    private static let linear: [HostFault] = [
        HostFault("linear-bias-by-row", "the bias added by row, not by column", .row, of: ["linear"]) { call in
            let bias = call.shape(ofInput: 2)
            guard bias.count == 1, bias[0] > 0, let values = call.inputs[2], let width = call.outputShape.last else {
                return
            }
            let places = (0..<call.outputShape.reduce(1, *)).map { ($0 / width) % width }
            let wrong = values.taking(places, shape: call.outputShape)
            call.takeRow(
                of: call.redefined { inputs throws(GraphError) in
                    try inputs[0].linear(weight: inputs[1]) + inputs[0].graph.constant(wrong)
                })
        },
        HostFault("linear-last-bias", "the last column without its bias", .element, of: ["linear"]) { call in
            guard let values = call.inputs[2], values.elementCount > 0 else { return }
            var shortened = values
            shortened.replace(
                values.elementCount - 1..<values.elementCount, with: Tensor(floats: [0], dtype: values.dtype), from: 0)
            call.takeElement(of: call.reference(input: 2, shortened)[0])
        },
        HostFault("linear-weight-transposed", "a square weight read transposed", .row, of: ["linear"]) { call in
            let shape = call.shape(ofInput: 1)
            guard shape.count == 2, shape[0] == shape[1], let weight = call.inputs[1] else { return }
            let places = weight.indices.map { $0 % shape[0] * shape[0] + $0 / shape[0] }
            call.takeRow(of: call.reference(input: 1, weight.taking(places, shape: shape))[0])
        },
        HostFault(
            "linear-half-weight", "the weight rounded to bfloat16", .element, of: ["linear"], when: \.givesFloat32
        ) {
            call in
            call.takeElement(
                of: call.redefined { inputs throws(GraphError) in
                    let weight = try inputs[1].cast(to: .bfloat16).cast(to: .float32)
                    return try inputs[0].linear(weight: weight, bias: inputs.count > 2 ? inputs[2] : nil)
                })
        }
    ]

    private static let fused: [HostFault] = [
        HostFault("fused-linear-unbent", "a row without its activation", .row, of: ["fused_linear"]) { call in
            call.takeRow(of: call.reference(attributes: call.withoutActivation)[0])
        },
        HostFault("fused-linear-no-residual", "an element without its residual", .element, of: ["fused_linear"]) {
            call in
            guard let residual = call.inputs[3] else { return }
            let zeros = Tensor(floats: residual.indices.map { _ in 0 }, dtype: residual.dtype)
            call.takeElement(
                of: call.reference(input: 3, CaseValues.tensor(zeros.storage, residual.shape))[0])
        },
        HostFault(
            "fused-linear-gelu-tanh", "the tanh form of GELU instead of erf", .row, of: ["fused_linear"],
            when: \.bendsByGELU
        ) { call in
            var attributes = call.attributes
            attributes["activation"] = .string(FusedActivation.geluTanh.rawValue)
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault(
            "fused-linear-residual-bent", "the activation applied after adding the residual", .row, of: ["fused_linear"]
        ) { call in
            let name = call.attributes.string("activation")
            guard call.inputs[3] != nil, let activation = FusedActivation(rawValue: name), activation != .none,
                let sum = call.reference(attributes: call.withoutActivation)[0]
            else { return }
            call.takeRow(
                of: call.redefined { inputs throws(GraphError) in
                    try activation.applied(to: inputs[0].graph.constant(sum))
                })
        }
    ]

    /// A number rounded to the 10 mantissa bits of TF32.
    private static func tf32(_ value: Float) -> Float {
        value.isFinite ? Float(bitPattern: (value.bitPattern &+ 0x1000) & 0xFFFF_E000) : value
    }
}

/// The elements of a product, one at a time.
struct ProductReading {
    private let inputs: [[Float]]
    private let shapes: [[Int]]
    private let turned: [Bool]
    private let layouts: [Layout]
    private let output: [Int]
    let depth: Int

    init?(_ call: FaultyCall) {
        inputs = [call.floats(ofInput: 0), call.floats(ofInput: 1)]
        shapes = [call.shape(ofInput: 0), call.shape(ofInput: 1)]
        output = call.outputShape
        guard output.count >= 2, shapes.allSatisfy({ $0.count >= 2 }) else { return nil }
        turned = [call.attributes.bool("transpose_lhs"), call.attributes.bool("transpose_rhs")]
        depth = shapes[0][shapes[0].count - (turned[0] ? 2 : 1)]
        let batch = Array(output.dropLast(2))
        layouts = shapes.map { Layout(dense: Array($0.dropLast(2))).broadcast(to: batch) }
    }

    /// Replaces one element for which `mistaken` differs from the sequential sum of its terms; nil leaves the element
    /// unchanged.
    static func takeElement(_ call: inout FaultyCall, _ mistaken: (ProductReading, Int) -> Float?) {
        guard let reading = ProductReading(call), let dtype = call.request.outputs[0]?.dtype else { return }
        func stored(_ number: Float) -> Float {
            (try? Tensor(floats: [number], dtype: dtype).floats()[0]) ?? number
        }
        call.search(count: call.outputShape.reduce(1, *)) { place in
            guard let number = mistaken(reading, place) else { return nil }
            let (right, wrong) = (stored(reading.terms(place).reduce(0, +)), stored(number))
            guard Differences.isMaterial(right, wrong, right.magnitude) else { return nil }
            return { $0.set(place..<place + 1, to: [wrong]) }
        }
    }

    func terms(_ place: Int) -> [Float] { zip(left(place), right(place)).map(*) }

    func left(_ place: Int) -> [Float] {
        let (columns, rows) = (output[output.count - 1], output[output.count - 2])
        let row = place / columns % rows
        let first = matrix(0, place)
        return (0..<depth).map { inputs[0][first + (turned[0] ? $0 * rows + row : row * depth + $0)] }
    }

    func right(_ place: Int) -> [Float] {
        let columns = output[output.count - 1]
        let first = matrix(1, place)
        let column = place % columns
        return (0..<depth).map { inputs[1][first + (turned[1] ? column * depth + $0 : $0 * columns + column)] }
    }

    /// The start of an element's matrix in a batched operand.
    private func matrix(_ operand: Int, _ place: Int) -> Int {
        var rest = place / max(1, output.suffix(2).reduce(1, *))
        var index: [Int] = []
        for size in output.dropLast(2).reversed() {
            index.insert(rest % size, at: 0)
            rest /= size
        }
        return layouts[operand].position(index) * shapes[operand].suffix(2).reduce(1, *)
    }
}

extension Tensor {
    var indices: Range<Int> { 0..<elementCount }
}

extension KernelRequest {
    /// Whether it is a `fused_linear` with exact GELU.
    fileprivate var bendsByGELU: Bool { attributes.string("activation") == FusedActivation.gelu.rawValue }
}

extension FaultyCall {
    /// The attributes of a `fused_linear` without its activation.
    fileprivate var withoutActivation: Attributes {
        var attributes = self.attributes
        attributes["activation"] = .string(FusedActivation.none.rawValue)
        return attributes
    }
}
