import AttendRuntime
import Foundation

/// Comparisons, choice, functions, reductions and moves.
enum BlindFaultsA2 {
    static let all: [any ListedFault] = [
        HostFault(
            "greater-flushes-denormals", "operands below the smallest normal number count as 0", .element,
            of: ["greater"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let left = try? input.floats(),
                input.dtype != .float16
            else { return }
            let other = call.floats(ofInput: 1)
            let wrong = (0..<right.elementCount).map { place in
                let a = flushed(left[call.place(place, ofInput: 0)])
                let b = flushed(other[call.place(place, ofInput: 1)])
                return Int64(a > b ? 1 : 0)
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .bool, shape: right.shape))
        },
        HostFault(
            "where-as-products", "condition * lhs + (1 - condition) * rhs: NaN and infinities not taken come through",
            .element, of: ["where"]
        ) { call in
            guard let right = call.outputs[0], let good = try? right.floats() else { return }
            let condition = call.integers(ofInput: 0)
            let left = call.floats(ofInput: 1)
            let other = call.floats(ofInput: 2)
            let wrong = good.indices.map { place in
                let taken: Float = condition[call.place(place, ofInput: 0)] != 0 ? 1 : 0
                return taken * left[call.place(place, ofInput: 1)]
                    + (1 - taken) * other[call.place(place, ofInput: 2)]
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "sign-low-word", "int64: only the low 32 bits are looked at", .element, of: ["sign"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int64 else { return }
            let wrong = call.integers(ofInput: 0).map { Int64(Int32(truncatingIfNeeded: $0).signum()) }
            guard wrong.count == right.elementCount else { return }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "log-near-one", "float32 logarithms of numbers from 0.5 to 2 are only good to 2^-21", .element,
            of: ["log"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float32, let good = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == good.count else { return }
            let wrong = zip(input, good).map { x, result in
                x >= 0.5 && x <= 2 ? (result * 0x1p21).rounded() * 0x1p-21 : result
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .float32, shape: right.shape))
        },
        HostFault(
            "cos-as-shifted-sine", "computed as sin(x + pi / 2) with a sum in float32", .element, of: ["cos"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float32, let good = try? right.floats() else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == good.count else { return }
            let wrong = zip(input, good).map { x, result in
                guard x.isFinite, x.magnitude >= 4 else { return result }
                let shifted: Float = x + 1.5707964
                return Float(sin(Double(shifted)))
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .float32, shape: right.shape))
        },
        HostFault(
            "reduce-sum-adds-to-old-output", "float sums of 1024 terms or more are added to what the memory held",
            .memory, of: ["reduce_sum"]
        ) { call in
            guard let right = call.outputs[0], let good = try? right.floats(), right.dtype == .float32,
                let held = call.before[0], let old = try? held.floats(), old.count == good.count, !good.isEmpty
            else { return }
            let terms = call.shape(ofInput: 0).reduce(1, *) / good.count
            guard terms >= 1024 else { return }
            let wrong = zip(old, good).map { $0 + $1 }
            call.takeAll(of: Tensor(floats: wrong, dtype: .float32, shape: right.shape))
        },
        HostFault(
            "reduce-sum-empty-axes", "an empty list of axes sums everything, into the first element", .memory,
            of: ["reduce_sum"]
        ) { call in
            guard let axes = call.attributes.optionalIntegers("axes"), axes.isEmpty, let right = call.outputs[0],
                right.elementCount > 1, let held = call.before[0], held.elementCount == right.elementCount
            else { return }
            if let values = try? right.floats(), let old = try? held.floats() {
                let wrong = [values.reduce(0, +)] + old.dropFirst()
                call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
            } else if let values = try? right.integers(), let old = try? held.integers() {
                var sum = values.reduce(Int64(0)) { $0 &+ Int64($1) }
                if right.dtype == .int32 { sum = Int64(Int32(truncatingIfNeeded: sum)) }
                let wrong = [sum] + old.dropFirst().map { Int64($0) }
                call.takeAll(of: Tensor(integers64: wrong, dtype: right.dtype, shape: right.shape))
            }
        },
        HostFault(
            "reduce-max-rows-beyond-grid", "results from number 65535 on are never written", .memory,
            of: ["reduce_max"]
        ) { call in
            guard let right = call.outputs[0], let held = call.before[0], held.shape == right.shape,
                right.elementCount > 65535, call.shape(ofInput: 0).reduce(1, *) > right.elementCount
            else { return }
            call.replace(65535..<right.elementCount, with: held)
        },
        HostFault(
            "arg-max-ties-by-lane", "of equals in rows above 32 the one with the least index modulo 32 wins", .element,
            of: ["arg_max"]
        ) { call in
            let shape = call.shape(ofInput: 0)
            guard let right = call.outputs[0], let axis = call.axis, shape.indices.contains(axis),
                let input = call.inputs[0], let good = try? right.integers()
            else { return }
            let length = shape[axis]
            let inner = shape[(axis + 1)...].reduce(1, *)
            guard length > 32, inner > 0, input.elementCount == good.count * length else { return }
            let floats = try? input.floats()
            let integers = floats == nil ? (try? input.integers()) : nil
            var wrong = good.map { Int64($0) }
            for row in wrong.indices {
                let base = row / inner * length * inner + row % inner
                var best = Int(wrong[row])
                for place in 0..<length {
                    let same: Bool
                    if let floats {
                        same = floats[base + place * inner] == floats[base + Int(wrong[row]) * inner]
                    } else if let integers {
                        same = integers[base + place * inner] == integers[base + Int(wrong[row]) * inner]
                    } else {
                        same = false
                    }
                    if same, (place % 32, place) < (best % 32, best) { best = place }
                }
                wrong[row] = Int64(best)
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "concatenate-eight-pointers", "room for eight inputs: number i from the ninth on reads number i - 8 again",
            .element, of: ["concatenate"]
        ) { call in
            guard call.inputs.count > 8, let right = call.outputs[0], let axis = call.axis,
                right.shape.indices.contains(axis)
            else { return }
            let inner = right.shape[(axis + 1)...].reduce(1, *)
            let total = right.shape[axis]
            guard inner > 0, total > 0 else { return }
            let shapes = call.inputs.indices.map { call.shape(ofInput: $0) }
            guard shapes.allSatisfy({ $0.count == right.shape.count }) else { return }
            let owners = shapes.enumerated().flatMap { index, shape in (0..<shape[axis]).map { (index, $0) } }
            guard owners.count == total else { return }
            // From an output place to the input that it wrongly reads and the place there; nil: it is right.
            let source: (Int) -> (Int, Int)? = { place in
                let (index, offset) = owners[place / inner % total]
                guard index >= 8, shapes[index - 8] == shapes[index] else { return nil }
                let outer = place / inner / total
                return (index - 8, (outer * shapes[index][axis] + offset) * inner + place % inner)
            }
            if let good = try? right.floats() {
                let values = call.inputs.map { (try? $0?.floats()) ?? [] }
                let wrong = good.indices.map { place in
                    guard let (index, from) = source(place), values[index].indices.contains(from) else {
                        return good[place]
                    }
                    return values[index][from]
                }
                call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
            } else if let good = try? right.integers() {
                let values = call.inputs.map { (try? $0?.integers()) ?? [] }
                let wrong = good.indices.map { place in
                    guard let (index, from) = source(place), values[index].indices.contains(from) else {
                        return Int64(good[place])
                    }
                    return Int64(values[index][from])
                }
                call.takeAll(of: Tensor(integers64: wrong, dtype: right.dtype, shape: right.shape))
            }
        }
    ]
}

private func flushed(_ value: Float) -> Float {
    value.isSubnormal ? 0 : value
}
