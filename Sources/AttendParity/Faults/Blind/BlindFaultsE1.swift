import AttendRuntime
import Foundation
import Synchronization

enum BlindFaultsE1 {
    static let all: [any ListedFault] = [
        HostFault(
            "matmul-batch-number-modulo", "operands with fewer batches take batch index modulo their count", .row,
            of: ["matmul"]
        ) { call in matmulByModuloE(&call) },

        HostFault(
            "matmul-skipped-without-terms", "with K = 0 the kernel is skipped and the output keeps old content",
            .memory, of: ["matmul"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, let before = call.before[0],
                let lhs = call.inputs[0], lhs.shape.count >= 2, before.elementCount == right.elementCount
            else { return }
            let turned = call.attributes.bool("transpose_lhs")
            guard lhs.shape[lhs.shape.count - (turned ? 2 : 1)] == 0 else { return }
            call.replace(0..<right.elementCount, with: before, output: 0)
        },

        RunFault(
            name: "subtract-same-value-folded-to-zero", summary: "x - x of one value is folded to 0, NaN and inf too",
            extent: .element, operations: ["subtract"]
        ) { run throws(BackendError) in
            guard run.inputs.count == 2, let lhs = run.inputs[0], let rhs = run.inputs[1],
                let left = run.request.inputs[0], let right = run.request.inputs[1],
                let output = run.request.outputs[0], isFloatE(output.dtype),
                lhs.buffer === rhs.buffer, lhs.byteOffset == rhs.byteOffset,
                left.shape == right.shape, left.layout.strides == right.layout.strides,
                left.layout.offset == right.layout.offset
            else { return }
            try run.write(zerosE(output.dtype, output.shape), output: 0)
        },

        RunFault(
            name: "multiply-vector-store-past-end", summary: "the last vector of 4 is stored whole, past the end",
            extent: .memory, operations: ["add", "multiply"]
        ) { run throws(BackendError) in
            guard let output = run.request.outputs[0], let slice = run.outputs[0] else { return }
            let count = output.elementCount
            let rest = count % 4
            guard rest != 0 else { return }
            let size = run.backend.storageByteCount(of: output.dtype)
            let end = BufferSlice(slice.buffer, byteOffset: slice.byteOffset + count * size)
            try run.trespass(zerosE(output.dtype, [4 - rest]), at: end)
        },

        HostFault(
            "divide-int32-by-float-reciprocal", "int32 is divided as lhs times the float32 reciprocal of rhs", .element,
            of: ["divide"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int32, right.elementCount > 0 else { return }
            let lhs = call.integers(ofInput: 0)
            let rhs = call.integers(ofInput: 1)
            var wrong = [Int64](repeating: 0, count: right.elementCount)
            for place in wrong.indices {
                let a = lhs[call.place(place, ofInput: 0)]
                let b = rhs[call.place(place, ofInput: 1)]
                if b == 0 { continue }
                let quotient = Double(Float(a) * (1 / Float(b))).rounded(.towardZero)
                wrong[place] = Int64(min(max(quotient, -2_147_483_648), 2_147_483_647))
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int32, shape: right.shape))
        },

        HostFault(
            "less-by-wrapping-difference", "integers are compared by the sign of their wrapping difference", .element,
            of: ["less", "greater"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0,
                let dtype = call.inputs[0]?.dtype, dtype == .int32 || dtype == .int64
            else { return }
            let lhs = call.integers(ofInput: 0)
            let rhs = call.integers(ofInput: 1)
            let turned = call.request.operation.name.hasPrefix("greater")
            let wrong = (0..<right.elementCount).map { place -> Int64 in
                let a = lhs[call.place(place, ofInput: 0)]
                let b = rhs[call.place(place, ofInput: 1)]
                let difference = turned ? b &- a : a &- b
                let narrow = dtype == .int32 ? Int64(Int32(truncatingIfNeeded: difference)) : difference
                return narrow < 0 ? 1 : 0
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .bool, shape: right.shape))
        },

        HostFault(
            "or-tail-unwritten", "bools go in words of 4 bytes, and the rest behind the last word is not written",
            .memory, of: ["or", "and", "not"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0],
                before.elementCount == right.elementCount
            else { return }
            let count = right.elementCount
            guard count > 4, count % 4 != 0 else { return }
            call.replace((count - count % 4)..<count, with: before, output: 0)
        },

        HostFault(
            "where-blends", "chooses as c * lhs + (1 - c) * rhs, so NaN and inf of the other side leak", .element,
            of: ["where"]
        ) { call in
            guard let right = call.outputs[0], isFloatE(right.dtype), right.elementCount > 0 else { return }
            let conditions = call.integers(ofInput: 0)
            let lhs = call.floats(ofInput: 1)
            let rhs = call.floats(ofInput: 2)
            let wrong = (0..<right.elementCount).map { place -> Float in
                let c: Float = conditions[call.place(place, ofInput: 0)] != 0 ? 1 : 0
                return c * lhs[call.place(place, ofInput: 1)] + (1 - c) * rhs[call.place(place, ofInput: 2)]
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },

        HostFault(
            "sqrt-inner-stride-ignored", "strides are heeded on all axes but the last, which is taken as 1", .row,
            of: ["sqrt", "abs", "sigmoid"], inputs: .strided
        ) { call in
            guard let operand = call.request.inputs[0], operand.elementCount > 0, let memory = call.memories[0],
                memory.elementCount > 0, let inner = operand.layout.strides.last, inner != 1,
                let size = operand.shape.last, size > 1
            else { return }
            var strides = operand.layout.strides
            strides[strides.count - 1] = 1
            let places = placesE(operand.shape, strides, operand.layout.offset, memory.elementCount)
            guard let wrong = call.reference(input: 0, memory.taking(places, shape: operand.shape))[0] else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "cos-one-part-reduction", "angles are reduced by 2 pi as one float32, so far angles are wrong", .element,
            of: ["cos", "sin"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0 else { return }
            let turn: Float = 6.2831855
            let sine = call.request.operation.name.hasPrefix("sin")
            let wrong = call.floats(ofInput: 0).map { x -> Float in
                let turns = (x * (1 / turn)).rounded()
                let product = turns * turn
                let rest = Double(x - product)
                return Float(sine ? Foundation.sin(rest) : Foundation.cos(rest))
            }
            guard wrong.count == right.elementCount else { return }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}

private func isFloatE(_ dtype: DType) -> Bool { dtype == .float32 || dtype == .float16 || dtype == .bfloat16 }

private func zerosE(_ dtype: DType, _ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, &*)
    return isFloatE(dtype)
        ? Tensor(floats: [Float](repeating: 0, count: count), dtype: dtype, shape: shape)
        : Tensor(integers64: [Int64](repeating: 0, count: count), dtype: dtype, shape: shape)
}

/// Places in memory of a value's elements; one outside of the memory becomes the nearest inside.
private func placesE(_ shape: [Int], _ strides: [Int], _ offset: Int, _ count: Int) -> [Int] {
    let total = shape.reduce(1, &*)
    return (0..<total).map { element in
        var rest = element
        var place = offset
        for axis in shape.indices.reversed() {
            place = place &+ (rest % shape[axis]) &* strides[axis]
            rest /= shape[axis]
        }
        return min(max(place, 0), count - 1)
    }
}

private func matmulByModuloE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, right.shape.count >= 2,
        let lhs = call.inputs[0], let rhs = call.inputs[1], lhs.elementCount > 0, rhs.elementCount > 0,
        let left = try? lhs.floats(), let other = try? rhs.floats()
    else { return }
    let turnLeft = call.attributes.bool("transpose_lhs")
    let turnRight = call.attributes.bool("transpose_rhs")
    let rows = right.shape[right.shape.count - 2]
    let columns = right.shape[right.shape.count - 1]
    let terms = lhs.shape[lhs.shape.count - (turnLeft ? 2 : 1)]
    let batches = right.elementCount / (rows * columns)
    let leftBatches = lhs.elementCount / (rows * terms)
    let rightBatches = rhs.elementCount / (terms * columns)
    let repeats = (leftBatches > 1 && leftBatches < batches) || (rightBatches > 1 && rightBatches < batches)
    guard repeats, right.elementCount &* terms < 20_000_000 else { return }
    var wrong = [Float](repeating: 0, count: right.elementCount)
    for batch in 0..<batches {
        let leftStart = (batch % leftBatches) * rows * terms
        let rightStart = (batch % rightBatches) * terms * columns
        for row in 0..<rows {
            for column in 0..<columns {
                var sum = 0.0
                for term in 0..<terms {
                    let a = left[leftStart + (turnLeft ? term * rows + row : row * terms + term)]
                    let b = other[rightStart + (turnRight ? column * terms + term : term * columns + column)]
                    sum += Double(a) * Double(b)
                }
                wrong[(batch * rows + row) * columns + column] = Float(sum)
            }
        }
    }
    call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
}
