import AttendRuntime
import Foundation
import Synchronization

// Products of matrices and the layers made of them.

/// A matmul's operands, to compute single sums of it.
private struct ProductD {
    let lhs: [Float], rhs: [Float]
    let rows: Int, columns: Int, terms: Int
    let lhsBatches: [Int], rhsBatches: [Int], batches: [Int]
    let transposesLhs: Bool, transposesRhs: Bool

    init?(_ call: FaultyCall) {
        guard call.inputs.count == 2, let left = call.inputs[0]?.shape, let right = call.inputs[1]?.shape,
            let output = call.outputs[0]?.shape, left.count >= 2, right.count >= 2, output.count >= 2
        else { return nil }
        lhs = call.floats(ofInput: 0)
        rhs = call.floats(ofInput: 1)
        rows = output[output.count - 2]
        columns = output[output.count - 1]
        transposesLhs = call.attributes.bool("transpose_lhs")
        transposesRhs = call.attributes.bool("transpose_rhs")
        terms = left[left.count - (transposesLhs ? 2 : 1)]
        lhsBatches = [Int](left.dropLast(2))
        rhsBatches = [Int](right.dropLast(2))
        batches = [Int](output.dropLast(2))
    }

    var batchCount: Int { batches.reduce(1, *) }

    /// The operand's matrix that the output's matrix is made of.
    func matrix(_ flat: Int, of shape: [Int]) -> Int {
        var rest = flat
        var place = 0
        var step = 1
        for axis in batches.indices.reversed() {
            let index = rest % batches[axis]
            let own = axis - batches.count + shape.count
            rest /= batches[axis]
            guard own >= 0 else { continue }
            place += shape[own] == 1 ? 0 : index * step
            step *= shape[own]
        }
        return place
    }

    func sum(_ left: Int, _ right: Int, _ row: Int, _ column: Int, _ range: Range<Int>) -> Double {
        var sum = 0.0
        for k in range {
            let a = lhs[left * rows * terms + (transposesLhs ? k * rows + row : row * terms + k)]
            let b = rhs[right * terms * columns + (transposesRhs ? column * terms + k : k * columns + column)]
            sum += Double(a) * Double(b)
        }
        return sum
    }
}

/// To bfloat16, to nearest even.
private func narrowedD(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
}

/// Weights that were packed once, found again by nothing but their shape and type.
private let packedWeightsD = KeptTensors()

enum BlindFaultsD3 {
    static let all: [any ListedFault] = [
        HostFault(
            "matmul-right-batch-by-remainder", "the right operand's matrix is the output's number modulo theirs",
            .row, of: ["matmul"]
        ) { call in
            guard let product = ProductD(call), product.rows > 0, product.columns > 0 else { return }
            let count = product.rhsBatches.reduce(1, *)
            let size = product.rows * product.columns
            guard count > 1 else { return }
            for batch in 0..<product.batchCount {
                let reads = batch % count
                guard reads != product.matrix(batch, of: product.rhsBatches) else { continue }
                let left = product.matrix(batch, of: product.lhsBatches)
                let wrong = (0..<size).map { place in
                    Float(
                        product.sum(
                            left, reads, place / product.columns, place % product.columns, 0..<product.terms))
                }
                call.set(batch * size..<(batch + 1) * size, to: wrong, output: 0)
            }
        },
        HostFault(
            "matmul-of-itself-as-symmetric", "a square matrix times itself gives its product with its transpose",
            .row, of: ["matmul"]
        ) { call in
            guard let left = call.inputs[0], let right = call.inputs[1], left.shape == right.shape,
                left.shape.count >= 2, left.shape[left.shape.count - 1] == left.shape[left.shape.count - 2],
                !call.attributes.bool("transpose_lhs"), !call.attributes.bool("transpose_rhs"),
                left.elementCount > 1, call.floats(ofInput: 0) == call.floats(ofInput: 1)
            else { return }
            var attributes = call.attributes
            attributes["transpose_rhs"] = .bool(true)
            guard let wrong = call.reference(attributes: attributes)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "matmul-long-sums-in-bfloat", "sums of 512 bfloat16 products or more are stored and added in four parts",
            .element, of: ["matmul"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .bfloat16, let product = ProductD(call),
                product.terms >= 512
            else { return }
            var wrong: [Float] = []
            let part = (product.terms + 3) / 4
            for batch in 0..<product.batchCount {
                let left = product.matrix(batch, of: product.lhsBatches)
                let other = product.matrix(batch, of: product.rhsBatches)
                for row in 0..<product.rows {
                    for column in 0..<product.columns {
                        var sum: Float = 0
                        for index in 0..<4 {
                            let from = min(index * part, product.terms)
                            let range = from..<min(from + part, product.terms)
                            let term = narrowedD(Float(product.sum(left, other, row, column, range)))
                            sum = narrowedD(sum + term)
                        }
                        wrong.append(sum)
                    }
                }
            }
            guard wrong.count == right.elementCount else { return }
            call.takeAll(of: Tensor(floats: wrong, dtype: .bfloat16, shape: right.shape))
        },
        HostFault(
            "linear-columns-beyond-grid", "more than 65535 outputs: those beyond the grid's limit stay unwritten",
            .memory, of: ["linear"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0], let width = right.shape.last,
                width > 65535
            else { return }
            for row in 0..<right.elementCount / width {
                call.replace(row * width + 65535..<(row + 1) * width, with: before, output: 0)
            }
        },
        HostFault(
            "linear-constants-packed-by-shape", "a constant weight is taken for an earlier one of the same shape",
            .memory, of: ["linear"]
        ) { call in
            guard call.request.inputs.count > 1, call.request.inputs[1]?.isConstant == true,
                let weight = call.inputs[1]
            else { return }
            let packed = packedWeightsD.first(weight)
            guard (try? packed.floats()) != (try? weight.floats()),
                let wrong = call.reference(input: 1, packed)[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "fused-linear-relu-drops-nan", "relu in the product's epilogue turns NaN into 0", .element,
            of: ["fused_linear"]
        ) { call in
            guard call.attributes.string("activation") == "relu", let right = call.outputs[0],
                let values = try? right.floats(), values.contains(where: \.isNaN)
            else { return }
            var residual = [Float](repeating: 0, count: values.count)
            var activated = values
            if call.inputs.count > 3, let given = call.inputs[3] {
                let none = Tensor(floats: residual, dtype: given.dtype, shape: given.shape)
                guard let plain = try? call.reference(input: 3, none)[0]?.floats(), plain.count == values.count
                else { return }
                activated = plain
                residual = call.floats(ofInput: 3)
            }
            let wrong = values.indices.map { activated[$0].isNaN ? residual[$0] : values[$0] }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}
