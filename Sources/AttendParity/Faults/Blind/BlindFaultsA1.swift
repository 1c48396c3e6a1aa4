import AttendRuntime
import Foundation

/// Products and arithmetic.
enum BlindFaultsA1 {
    static let all: [any ListedFault] = [
        HostFault(
            "matmul-batch-modulo", "batch i reads matrix i modulo the number of right matrices, whatever the axes",
            .element, of: ["matmul"]
        ) { call in
            guard let rhs = call.inputs[1], rhs.shape.count > 2, call.outputShape.count > 2 else { return }
            let stretched = Array(call.outputShape.dropLast(2))
            let size = rhs.shape[rhs.shape.count - 2] * rhs.shape[rhs.shape.count - 1]
            guard size > 0, rhs.elementCount > 0 else { return }
            let held = rhs.elementCount / size
            let batches = stretched.reduce(1, *)
            guard held > 1, batches > held else { return }
            let places = (0..<batches).flatMap { batch in
                (0..<size).map { batch % held * size + $0 }
            }
            let moved = rhs.taking(places, shape: stretched + rhs.shape.suffix(2))
            guard let wrong = call.reference(input: 1, moved)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "matmul-nothing-to-sum", "with an inner size of 0 it returns early and leaves the output unwritten",
            .memory, of: ["matmul"]
        ) { call in
            let shape = call.shape(ofInput: 0)
            guard shape.count >= 2, let held = call.before[0] else { return }
            let inner = call.attributes.bool("transpose_lhs") ? shape[shape.count - 2] : shape[shape.count - 1]
            guard inner == 0 else { return }
            call.takeAll(of: held)
        },
        HostFault(
            "matmul-half-partial-sums", "float16: sums over 32 products each are stored and added in float16",
            .element, of: ["matmul"]
        ) { call in
            guard let lhs = call.inputs[0], let rhs = call.inputs[1], lhs.dtype == .float16,
                let left = try? lhs.floats(), let right = try? rhs.floats(), right.allSatisfy(\.isFinite),
                lhs.shape.count >= 2, lhs.elementCount > 0, let output = call.outputs[0]
            else { return }
            let rank = lhs.shape.count
            let transposed = call.attributes.bool("transpose_lhs")
            let inner = transposed ? lhs.shape[rank - 2] : lhs.shape[rank - 1]
            guard inner > 32, inner <= 2048 else { return }
            let width = lhs.shape[rank - 1]
            var sum = [Float](repeating: 0, count: output.elementCount)
            for begin in stride(from: 0, to: inner, by: 32) {
                let part = left.enumerated().map { place, value in
                    let k = transposed ? place / width % inner : place % width
                    return k >= begin && k < begin + 32 ? value : 0
                }
                let masked = Tensor(floats: part, dtype: .float16, shape: lhs.shape)
                guard let partial = call.reference(input: 0, masked)[0], let terms = try? partial.floats(),
                    terms.count == sum.count
                else { return }
                let wide = zip(sum, terms).map { $0 + $1 }
                guard let rounded = try? Tensor(floats: wide, dtype: .float16, shape: output.shape).floats() else {
                    return
                }
                sum = rounded
            }
            call.takeAll(of: Tensor(floats: sum, dtype: .float16, shape: output.shape))
        },
        HostFault(
            "matmul-constant-in-half", "constant float32 weights are packed as float16", .element, of: ["matmul"]
        ) { call in
            guard let operand = call.request.inputs[1], operand.isConstant, let rhs = call.inputs[1],
                rhs.dtype == .float32, let values = try? rhs.floats(),
                let halves = try? Tensor(floats: values, dtype: .float16, shape: rhs.shape).floats(),
                let wrong = call.reference(input: 1, Tensor(floats: halves, dtype: .float32, shape: rhs.shape))[0]
            else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "add-negative-strides", "an input that runs backwards is read forwards", .element, of: ["add"],
            inputs: .strided
        ) { call in
            for index in 0..<min(2, call.request.inputs.count) {
                guard let layout = call.request.inputs[index]?.layout, let memory = call.memories[index],
                    let input = call.inputs[index], memory.elementCount == input.elementCount
                else { continue }
                let sizes = layout.strides.map(\.magnitude)
                let ordered = zip(sizes, sizes.dropFirst()).allSatisfy { $0 > $1 }
                guard ordered, layout.strides.contains(where: { $0 < 0 }) else { continue }
                guard let moved = try? memory.reshaped(input.shape),
                    let wrong = call.reference(input: index, moved)[0]
                else { continue }
                call.takeAll(of: wrong)
                return
            }
        },
        HostFault(
            "subtract-lower-rank-left", "operands are swapped where the left one has fewer axes; not swapped back",
            .element, of: ["subtract"]
        ) { call in
            guard call.shape(ofInput: 0).count < call.shape(ofInput: 1).count, let right = call.outputs[0] else {
                return
            }
            if let values = try? right.floats() {
                call.takeAll(of: Tensor(floats: values.map { -$0 }, dtype: right.dtype, shape: right.shape))
            } else if let values = try? right.integers() {
                let wrong = values.map { Int64(0) &- Int64($0) }
                call.takeAll(
                    of: Tensor(
                        integers64: wrong.map { narrowed($0, right.dtype) }, dtype: right.dtype,
                        shape: right.shape))
            }
        },
        HostFault(
            "multiply-bfloat16-truncates", "bfloat16 products are cut off instead of rounded to nearest even",
            .element, of: ["multiply"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .bfloat16, let good = try? right.floats() else { return }
            let left = call.floats(ofInput: 0)
            let other = call.floats(ofInput: 1)
            let wrong = good.indices.map { place in
                let product = left[call.place(place, ofInput: 0)] * other[call.place(place, ofInput: 1)]
                return product.isNaN ? good[place] : Float(bitPattern: product.bitPattern & 0xFFFF_0000)
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .bfloat16, shape: right.shape))
        },
        HostFault(
            "multiply-same-memory-other-view", "two views of the same memory count as one value, which is squared",
            .element, of: ["multiply"], inputs: .strided
        ) { call in
            guard let left = call.request.inputs[0], let right = call.request.inputs[1],
                left.elementCount > 1, left.shape == right.shape, left.dtype == right.dtype,
                left.layout.strides != right.layout.strides, left.layout.offset == right.layout.offset,
                let one = call.memories[0], let other = call.memories[1], let input = call.inputs[0]
            else { return }
            let same: Bool
            if let a = try? one.floats(), let b = try? other.floats() {
                same = a.map(\.bitPattern) == b.map(\.bitPattern)
            } else if let a = try? one.integers(), let b = try? other.integers() {
                same = a == b
            } else {
                same = false
            }
            guard same, let wrong = call.reference(input: 1, input)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "divide-huge-divisor", "x times 1 / y: the reciprocal of a divisor above 2^126 is flushed to 0", .element,
            of: ["divide"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float32, let good = try? right.floats() else { return }
            let left = call.floats(ofInput: 0)
            let divisors = call.floats(ofInput: 1)
            let wrong = good.indices.map { place in
                let divisor = divisors[call.place(place, ofInput: 1)]
                guard divisor.isFinite, divisor.magnitude > 0x1p126 else { return good[place] }
                return left[call.place(place, ofInput: 0)] * 0
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .float32, shape: right.shape))
        },
        HostFault(
            "minimum-nan-on-left", "NaN on the left gives the right operand, as x86's minps does", .element,
            of: ["minimum"]
        ) { call in
            guard let right = call.outputs[0], let good = try? right.floats() else { return }
            let left = call.floats(ofInput: 0)
            let other = call.floats(ofInput: 1)
            let wrong = good.indices.map { place in
                left[call.place(place, ofInput: 0)].isNaN ? other[call.place(place, ofInput: 1)] : good[place]
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "power-half-is-root", "a single exponent of 0.5 or -0.5 becomes a square root: pow(-inf, 0.5) is NaN",
            .element, of: ["power"]
        ) { call in
            guard let right = call.outputs[0], let good = try? right.floats(),
                let exponent = call.inputs[1], exponent.elementCount == 1, let value = try? exponent.floats().first,
                value.magnitude == 0.5
            else { return }
            let left = call.floats(ofInput: 0)
            let wrong = good.indices.map { place in
                let base = left[call.place(place, ofInput: 0)]
                guard base == 0 || base.isInfinite else { return good[place] }
                return value > 0 ? base.squareRoot() : 1 / base.squareRoot()
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}

private func narrowed(_ value: Int64, _ dtype: DType) -> Int64 {
    dtype == .int32 ? Int64(Int32(truncatingIfNeeded: value)) : value
}
