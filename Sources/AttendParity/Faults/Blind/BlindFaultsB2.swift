import AttendRuntime
import Foundation

/// Faults of reductions.
enum BlindFaultsB2 {
    static let all: [any ListedFault] = [
        HostFault(
            "reduce-sum-results-beyond-grid-limit", "results from number 65535 on are not written",
            .memory, of: ["reduce_sum"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 65535, let before = call.before[0],
                let input = call.inputs[0], input.elementCount > right.elementCount
            else { return }
            call.replace(65535..<right.elementCount, with: before, output: 0)
        },
        HostFault(
            "reduce-sum-int64-through-double", "sums of int64 lose their low bits beyond 2 to the 53rd",
            .element, of: ["reduce_sum"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int64, let values = try? right.integers()
            else { return }
            let wrong = values.map { value -> Int64 in
                let rounded = Double(value)
                return rounded >= 0x1p63 ? Int64.max : Int64(rounded)
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "reduce-max-second-pass-loses-nan",
            "over more than 1024 elements, a block with a NaN is left out of the whole maximum",
            .element, of: ["reduce_max"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount == 1, let input = call.inputs[0],
                input.elementCount > 1024, let values = try? input.floats(), values.contains(where: { $0.isNaN })
            else { return }
            var best = -Float.infinity
            var seen = false
            for start in stride(from: 0, to: values.count, by: 1024) {
                let block = values[start..<min(start + 1024, values.count)]
                guard !block.contains(where: { $0.isNaN }), let top = block.max() else { continue }
                best = max(best, top)
                seen = true
            }
            guard seen else { return }
            call.takeAll(of: Tensor(floats: [best], dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "arg-max-tie-goes-to-lower-lane",
            "of equals in an axis longer than 32, the one in the lowest lane (index mod 32) wins",
            .element, of: ["arg_max"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let axis = call.axis,
                axis == input.shape.count - 1, input.shape[axis] > 32,
                let correct = try? right.integers()
            else { return }
            let length = input.shape[axis]
            var wrong = correct
            if let values = try? input.floats() {
                for row in wrong.indices where row * length + length <= values.count {
                    wrong[row] = laneOfLargest(values[row * length..<(row + 1) * length], else: correct[row])
                }
            } else if let values = try? input.integers() {
                for row in wrong.indices where row * length + length <= values.count {
                    wrong[row] = laneOfLargest(values[row * length..<(row + 1) * length], else: correct[row])
                }
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: .int64, shape: right.shape))
        },
        HostFault(
            "reduce-mean-float16-sum-overflows", "the sum is stored as float16 before it is divided",
            .row, of: ["reduce_mean"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16, right.elementCount > 0,
                let input = call.inputs[0], let values = try? right.floats()
            else { return }
            let count = Float(input.elementCount / right.elementCount)
            let wrong = values.map { ($0 * count).magnitude >= 65520 ? $0 * .infinity : $0 }
            call.takeAll(of: Tensor(floats: wrong, dtype: .float16, shape: right.shape))
        },
        HostFault(
            "reduce-mean-empty-axes-divide-by-all", "with an empty list of axes, the input is divided by its size",
            .element, of: ["reduce_mean"]
        ) { call in
            guard let right = call.outputs[0], let axes = call.attributes.optionalIntegers("axes"), axes.isEmpty,
                right.elementCount > 1, let values = try? right.floats()
            else { return }
            let wrong = values.map { $0 / Float(values.count) }
            call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
        }
    ]
}

/// The index of the largest element; of equals, the one with the lowest index modulo 32, then the lowest index.
private func laneOfLargest<Number: Comparable>(_ row: ArraySlice<Number>, else correct: Int64) -> Int64 {
    guard let top = row.max(), row.allSatisfy({ $0 == $0 }) else { return correct }
    let places = row.indices.filter { row[$0] == top }.map { $0 - row.startIndex }
    return places.min { ($0 % 32, $0) < ($1 % 32, $1) }.map { Int64($0) } ?? correct
}
