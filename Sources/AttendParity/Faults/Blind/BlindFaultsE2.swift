import AttendRuntime
import Foundation

enum BlindFaultsE2 {
    static let all: [any ListedFault] = [
        HostFault(
            "reduce-sum-merges-separate-axes", "axes that are not adjacent are summed as if they were", .row,
            of: ["reduce_sum"]
        ) { call in sumMergedE(&call) },

        HostFault(
            "arg-max-ties-by-part", "of equals in different lanes of 8 the lower lane wins, not the first", .element,
            of: ["arg_max"]
        ) { call in argMaxByLaneE(&call) },

        HostFault(
            "reshape-drops-offset", "the copy of a view reads by its strides but from the beginning of memory", .row,
            of: ["reshape", "transpose", "broadcast", "slice", "stop_gradient"], inputs: .strided
        ) { call in
            guard let operand = call.request.inputs[0], operand.elementCount > 0, let memory = call.memories[0],
                memory.elementCount > 0, operand.layout.offset != 0
            else { return }
            let total = operand.elementCount
            let strides = operand.layout.strides
            let shape = operand.shape
            let places = (0..<total).map { element -> Int in
                var rest = element
                var place = 0
                for axis in shape.indices.reversed() {
                    place = place &+ (rest % shape[axis]) &* strides[axis]
                    rest /= shape[axis]
                }
                return min(max(place, 0), memory.elementCount - 1)
            }
            guard let wrong = call.reference(input: 0, memory.taking(places, shape: shape))[0] else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "slice-backwards-start-past-end", "with a negative step a start past the end is n, not n - 1", .row,
            of: ["slice"]
        ) { call in sliceFromEndE(&call) },

        HostFault(
            "pad-integer-value-indefinite", "a pad value beyond an integer type gives the lowest, as on x86", .element,
            of: ["pad"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, right.dtype == .int32 || right.dtype == .int64
            else { return }
            let value = call.attributes.number("value")
            let limit = right.dtype == .int32 ? 2_147_483_648.0 : 9_223_372_036_854_775_808.0
            guard !(value < limit) else { return }
            var changed = call.attributes
            changed["value"] = .number(-1e30)
            guard let wrong = call.reference(attributes: changed)[0] else { return }
            call.takeAll(of: wrong)
        },

        HostFault(
            "concatenate-eighth-unbound", "only 7 inputs and the output are bound; others are not copied", .memory,
            of: ["concatenate"]
        ) { call in
            guard let right = call.outputs[0], right.elementCount > 0, call.inputs.count > 7, let axis = call.axis,
                right.shape.indices.contains(axis), let before = call.before[0],
                before.elementCount == right.elementCount
            else { return }
            let done = (0..<7).reduce(0) { $0 + call.shape(ofInput: $1)[axis] }
            let size = right.shape[axis]
            let inner = right.shape[(axis + 1)...].reduce(1, *)
            guard done < size else { return }
            for outer in 0..<(right.elementCount / (size * inner)) {
                let start = outer * size * inner
                call.replace((start + done * inner)..<(start + size * inner), with: before, output: 0)
            }
        },

        IndexErrorFault(
            name: "gather-error-index-wrapped",
            summary: "a bad negative index is reported with the size added to it",
            operations: ["gather", "embedding"]
        ) { index, size in (index < 0 ? index &+ size : index, size) },

        HostFault(
            "scatter-add-narrow-atomics", "float16 and bfloat16 round after each update of an element", .element,
            of: ["scatter_add"]
        ) { call in scatterNarrowE(&call) },

        IndexErrorFault(
            name: "update-slice-start-not-refused",
            summary: "a start out of range is clamped, without an error",
            operations: ["update_slice"]
        ) { _, _ in nil },

        HostFault(
            "cast-integer-by-way-of-float32", "integers reach bfloat16 through float32, rounded twice", .element,
            of: ["cast"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .bfloat16, right.elementCount > 0,
                let dtype = call.inputs[0]?.dtype, dtype == .int32 || dtype == .int64
            else { return }
            let wrong = call.integers(ofInput: 0).map { Float($0) }
            call.takeAll(of: Tensor(floats: wrong, dtype: .bfloat16, shape: right.shape))
        }
    ]
}

private func sumMergedE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], let input = call.inputs[0], input.elementCount > 0,
        let named = call.attributes.optionalIntegers("axes")
    else { return }
    let shape = input.shape
    let rank = shape.count
    let axes = named.map { Int($0) < 0 ? Int($0) + rank : Int($0) }.sorted()
    guard let first = axes.first, let last = axes.last, last < rank, first >= 0, last - first >= axes.count
    else { return }
    let reduced = axes.reduce(1) { $0 * shape[$1] }
    let outer = shape[..<first].reduce(1, *)
    let inner = right.elementCount / outer
    guard outer * reduced * inner == input.elementCount else { return }
    func sums<Sum>(_ values: [Sum], _ zero: Sum, _ plus: (Sum, Sum) -> Sum) -> [Sum] {
        (0..<right.elementCount).map { place in
            let start = place / inner * reduced * inner + place % inner
            return (0..<reduced).reduce(zero) { plus($0, values[start + $1 * inner]) }
        }
    }
    if let values = try? input.floats() {
        let wrong = sums(values.map { Double($0) }, 0, +).map { Float($0) }
        call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
    } else if right.dtype == .int32 || right.dtype == .int64 {
        let wrong = sums(call.integers(ofInput: 0), 0, &+).map {
            right.dtype == .int32 ? Int64(Int32(truncatingIfNeeded: $0)) : $0
        }
        call.takeAll(of: Tensor(integers64: wrong, dtype: right.dtype, shape: right.shape))
    }
}

private func argMaxByLaneE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, let input = call.inputs[0], let axis = call.axis,
        input.shape.indices.contains(axis), let found = try? right.integers()
    else { return }
    let size = input.shape[axis]
    let inner = input.shape[(axis + 1)...].reduce(1, *)
    let floats = (try? input.floats()) ?? []
    let integers = floats.isEmpty ? call.integers(ofInput: 0) : []
    let wrong = found.indices.map { row -> Int64 in
        let start = row / inner * size * inner + row % inner
        let best = start + Int(found[row]) * inner
        var winner = Int(found[row])
        for candidate in 0..<size {
            let place = start + candidate * inner
            let equal =
                floats.isEmpty
                ? integers[place] == integers[best]
                : floats[place] == floats[best] || (floats[place].isNaN && floats[best].isNaN)
            if equal && candidate % 8 < winner % 8 { winner = candidate }
        }
        return Int64(winner)
    }
    call.takeAll(of: Tensor(integers64: wrong, dtype: right.dtype, shape: right.shape))
}

private func sliceFromEndE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, let input = call.inputs[0], input.elementCount > 0,
        let steps = call.attributes.optionalIntegers("steps")
    else { return }
    let axes = call.attributes.integers("axes")
    let starts = call.attributes.concreteSizes("starts")
    guard axes.count == steps.count, axes.count == starts.count else { return }
    let rank = input.shape.count
    var begin = [Int](repeating: 0, count: rank)
    var pace = [Int](repeating: 1, count: rank)
    var wrongStart = false
    for entry in axes.indices {
        let axis = Int(axes[entry]) < 0 ? Int(axes[entry]) + rank : Int(axes[entry])
        guard input.shape.indices.contains(axis) else { return }
        let size = input.shape[axis]
        let start = Int(starts[entry]) < 0 ? Int(starts[entry]) &+ size : Int(starts[entry])
        begin[axis] = min(max(start, 0), size)
        pace[axis] = Int(steps[entry])
        if pace[axis] < 0 && start >= size { wrongStart = true }
    }
    guard wrongStart else { return }
    let places = (0..<right.elementCount).map { element -> Int in
        var rest = element
        var place = 0
        var stride = 1
        for axis in (0..<rank).reversed() {
            place = place &+ (begin[axis] &+ (rest % right.shape[axis]) &* pace[axis]) &* stride
            rest /= right.shape[axis]
            stride *= input.shape[axis]
        }
        return min(max(place, 0), input.elementCount - 1)
    }
    call.takeAll(of: input.taking(places, shape: right.shape))
}

private func scatterNarrowE(_ call: inout FaultyCall) {
    guard let right = call.outputs[0], right.elementCount > 0, right.dtype == .float16 || right.dtype == .bfloat16,
        let axis = call.axis, right.shape.indices.contains(axis), let indices = call.inputs[1]
    else { return }
    let size = right.shape[axis]
    let inner = right.shape[(axis + 1)...].reduce(1, *)
    let outer = right.elementCount / (size * inner)
    let count = indices.elementCount
    guard count > 1, count <= 4096 else { return }
    var wrong = call.floats(ofInput: 0)
    let updates = call.floats(ofInput: 2)
    for (position, index) in call.integers(ofInput: 1).enumerated() {
        let row = Int(index) < 0 ? Int(index) &+ size : Int(index)
        guard row >= 0, row < size else { return }
        let places = (0..<(outer * inner)).map { (($0 / inner) * size + row) * inner + $0 % inner }
        let sums = places.indices.map { part in
            wrong[places[part]] + updates[((part / inner) * count + position) * inner + part % inner]
        }
        guard let rounded = try? Tensor(floats: sums, dtype: right.dtype, shape: [sums.count]).floats() else { return }
        for part in places.indices { wrong[places[part]] = rounded[part] }
    }
    call.takeAll(of: Tensor(floats: wrong, dtype: right.dtype, shape: right.shape))
}
