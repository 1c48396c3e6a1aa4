import AttendRuntime

/// What lies on both sides of an axis, and its size.
private struct SplitC {
    let outer: Int
    let size: Int
    let inner: Int

    init?(_ shape: [Int], axis: Int?) {
        guard let axis, shape.indices.contains(axis) else { return nil }
        outer = shape[..<axis].reduce(1, &*)
        size = shape[axis]
        inner = shape[(axis + 1)...].reduce(1, &*)
    }
}

private func roundedC(_ value: Float, half: Bool) -> Float {
    guard value.isFinite else { return value }
    if half { return Float(Float16(value)) }
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
}

/// Faults of reductions, moves and indices.
enum BlindFaultsC2 {
    static let all: [any ListedFault] = [
        HostFault(
            "reduce-sum-of-nothing-unwritten", "with no elements to sum the output is left as it was", .memory,
            of: ["reduce_sum"]
        ) { call in
            guard call.shape(ofInput: 0).contains(0), let before = call.before[0] else { return }
            call.replace(0..<before.elementCount, with: before, output: 0)
        },
        HostFault(
            "arg-max-ties-by-warp", "of equals in an axis above 32 the one in the lowest of 32 lanes wins", .element,
            of: ["arg_max"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], let best = try? right.integers(),
                let split = SplitC(input.shape, axis: call.axis), split.size > 32
            else { return }
            let floats = try? input.floats()
            let integers = try? input.integers()
            func same(_ a: Int, _ b: Int) -> Bool {
                if let floats { return floats[a] == floats[b] || (floats[a].isNaN && floats[b].isNaN) }
                if let integers { return integers[a] == integers[b] }
                return a == b
            }
            var wrong = best
            for place in wrong.indices {
                let start = place / split.inner * split.size * split.inner + place % split.inner
                let found = start + Int(best[place]) * split.inner
                let ties = (0..<split.size).filter { same(start + $0 * split.inner, found) }
                guard let first = ties.min(by: { ($0 % 32, $0) < ($1 % 32, $1) }) else { continue }
                wrong[place] = Int64(first)
            }
            call.takeAll(of: Tensor(integers64: wrong, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "transpose-corner-tile-unwritten", "the corner beyond whole tiles of 32 by 32 is not written", .memory,
            of: ["transpose"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0], right.shape.count >= 2,
                call.attributes.integers("permutation").last != right.shape.count - 1
            else { return }
            let rows = right.shape[right.shape.count - 2]
            let columns = right.shape[right.shape.count - 1]
            guard rows > 32, columns > 32, rows % 32 != 0, columns % 32 != 0 else { return }
            for row in 0..<right.elementCount / columns where row % rows >= rows - rows % 32 {
                let end = (row + 1) * columns
                call.replace(end - columns % 32..<end, with: before, output: 0)
            }
        },
        HostFault(
            "pad-integer-value-through-float", "the padding of integers is rounded to float32 on its way", .element,
            of: ["pad"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .int32 || right.dtype == .int64 else { return }
            var attributes = call.attributes
            attributes["value"] = .number(Double(Float(call.attributes.number("value"))))
            guard let wrong = call.reference(attributes: attributes)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "concatenate-ninth-input-unwritten", "inputs after the eighth are not copied", .memory, of: ["concatenate"]
        ) { call in
            guard call.inputs.count > 8, let right = call.outputs[0], let before = call.before[0],
                let axis = call.axis, let split = SplitC(right.shape, axis: axis)
            else { return }
            let copied = (0..<8).reduce(0) { $0 + call.shape(ofInput: $1)[axis] }
            guard copied < split.size else { return }
            for outer in 0..<split.outer {
                let range = (outer * split.size + copied) * split.inner..<(outer + 1) * split.size * split.inner
                if !range.isEmpty { call.replace(range, with: before, output: 0) }
            }
        },
        HostFault(
            "gather-negative-by-first-axis", "negative indices count from the size of axis 0 on every axis", .element,
            of: ["gather"]
        ) { call in
            guard let right = call.outputs[0], let input = call.inputs[0], input.elementCount > 0,
                let split = SplitC(input.shape, axis: call.axis)
            else { return }
            let indices = call.integers(ofInput: 1)
            guard indices.contains(where: { $0 < 0 }) else { return }
            var places: [Int] = []
            for outer in 0..<split.outer {
                for index in indices {
                    let row = Int(index) &+ (index < 0 ? input.shape[0] : 0)
                    for inner in 0..<split.inner {
                        let place = (outer * split.size + row) * split.inner + inner
                        places.append(min(max(place, 0), input.elementCount - 1))
                    }
                }
            }
            guard places.count == right.elementCount else { return }
            call.takeAll(of: input.taking(places, shape: right.shape))
        },
        HostFault(
            "scatter-add-rounds-each-update", "narrow floats are rounded after every update", .element,
            of: ["scatter_add"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .float16 || right.dtype == .bfloat16,
                let split = SplitC(right.shape, axis: call.axis), split.size > 0
            else { return }
            let half = right.dtype == .float16
            let indices = call.integers(ofInput: 1)
            let updates = call.floats(ofInput: 2)
            var sums = call.floats(ofInput: 0)
            guard updates.count == split.outer * indices.count * split.inner else { return }
            for (place, update) in updates.enumerated() {
                let inner = place % split.inner
                let index = Int(indices[place / split.inner % indices.count])
                let outer = place / split.inner / indices.count
                let row = index < 0 ? index + split.size : index
                guard row >= 0, row < split.size else { return }
                let target = (outer * split.size + row) * split.inner + inner
                sums[target] = roundedC(sums[target] + update, half: half)
            }
            call.takeAll(of: Tensor(floats: sums, dtype: right.dtype, shape: right.shape))
        },
        HostFault(
            "update-slice-keeps-first-start", "later runs write where the first run wrote", .run, of: ["update_slice"]
        ) { call in
            guard let first = call.firstInputs?[2], let wrong = call.reference(input: 2, first)[0] else { return }
            call.takeAll(of: wrong)
        }
    ]
}
