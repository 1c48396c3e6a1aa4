import AttendRuntime

/// Faults of operations that move, convert and generate elements.
enum MovementFaults {
    static let all: [HostFault] = views + indices + conversions + composites

    private static let views: [HostFault] = [
        HostFault("slice-step-forward", "negative steps treated as positive", .row, of: ["slice"]) { call in
            guard let steps = call.attributes.optionalIntegers("steps"),
                let axes = call.attributes.optionalIntegers("axes"),
                let index = steps.firstIndex(where: { $0 < 0 }), let right = call.outputs[0]
            else { return }
            let axis = axes[index] < 0 ? axes[index] + right.shape.count : axes[index]
            call.takeRow(of: right.reversed(along: axis))
        },
        HostFault("transpose-inverse", "the inverse permutation", .row, of: ["transpose"]) { call in
            let permutation = call.attributes.integers("permutation")
            var inverse = permutation
            for (place, axis) in permutation.enumerated() { inverse[axis] = place }
            guard let input = call.inputs[0] else { return }
            let places = Layout(dense: input.shape).transposed(inverse).elementOffsets
            call.takeRow(of: input.taking(places, shape: call.outputShape))
        },
        HostFault("broadcast-wrong-axis", "elements repeated one by one, not row by row", .row, of: ["broadcast"]) {
            call in
            guard let input = call.inputs[0], let output = call.outputs[0], input.elementCount > 1 else { return }
            let times = output.elementCount / input.elementCount
            guard times > 1 else { return }
            call.takeRow(of: input.taking(output.indices.map { $0 / times }, shape: output.shape))
        },
        HostFault("pad-zero", "0 instead of the given value", .element, of: ["pad"]) { call in
            var attributes = call.attributes
            attributes["value"] = .number(0)
            call.takeElement(of: call.reference(attributes: attributes)[0])
        },
        HostFault("pad-sides", "before and after exchanged", .row, of: ["pad"]) { call in
            var attributes = call.attributes
            (attributes["before"], attributes["after"]) = (attributes["after"], attributes["before"])
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("concatenate-overlap", "a part starts one element early", .element, of: ["concatenate"]) { call in
            guard let right = call.outputs[0], right.elementCount > 1 else { return }
            let last = right.elementCount - 1
            call.takeElement(of: right.taking(right.indices.map { min($0 + 1, last) }, shape: right.shape))
        }
    ]

    private static let indices: [HostFault] = [
        HostFault("gather-negative", "negative indices treated as 0", .row, of: ["gather"]) { call in
            call.takeRow(of: call.reference(input: 1, call.inputs[1]?.withoutNegatives)[0])
        },
        HostFault("embedding-next-row", "a negative index one row off", .row, of: ["embedding"]) { call in
            guard let indices = call.inputs[0], let values = try? indices.integers() else { return }
            let rows = Int64(call.shape(ofInput: 1)[0])
            let wrong = values.map { $0 < 0 ? ($0 + rows + 1) % rows : $0 }
            call.takeRow(of: call.reference(input: 0, Tensor(integers: wrong, like: indices))[0])
        },
        HostFault(
            "scatter-add-overwrites",
            "of two updates of one position, only the last", .element, of: ["scatter_add"]
        ) {
            call in
            guard let indices = call.inputs[1], let updates = call.inputs[2], let axis = call.axis, axis == 0,
                let places = try? indices.integers(), !places.isEmpty, updates.dtype.isFloatingPoint
            else { return }
            let rows = Int64(call.shape(ofInput: 0)[0])
            let resolved = places.map { $0 < 0 ? $0 + rows : $0 }
            let width = updates.elementCount / places.count
            var kept = updates
            for (index, place) in resolved.enumerated() where resolved[(index + 1)...].contains(place) {
                let zeros = Tensor(floats: Array(repeating: 0, count: width), dtype: updates.dtype)
                kept.replace(index * width..<(index + 1) * width, with: zeros, from: 0)
            }
            call.takeElement(of: call.reference(input: 2, kept)[0])
        },
        HostFault("update-slice-late", "one position further", .row, of: ["update_slice"]) { call in
            guard let axis = call.axis, call.inputs[2]?.shape == [],
                let start = call.inputs[2].flatMap({ try? $0.integers() })?.first
            else { return }
            let (size, length) = (call.shape(ofInput: 0)[axis], call.shape(ofInput: 1)[axis])
            let first = Int(start) < 0 ? Int(start) + size : Int(start)
            guard first + length < size else { return }
            call.takeRow(of: call.reference(input: 2, Tensor(first + 1))[0])
        },
        HostFault(
            "update-slice-one-start", "the first start of several for all rows", .row, of: ["update_slice"]
        ) { call in
            guard let start = call.inputs[2], start.shape.count == 1, let starts = try? start.integers(),
                let first = starts.first
            else { return }
            let wrong = Tensor(integers: Array(repeating: first, count: starts.count), like: start)
            call.takeRow(of: call.reference(input: 2, wrong)[0])
        },
        HostFault(
            "update-slice-start-of-the-neighbor", "each row at the start of the row before it", .row,
            of: ["update_slice"]
        ) { call in
            guard let start = call.inputs[2], start.shape.count == 1, let starts = try? start.integers(),
                let last = starts.last
            else { return }
            call.takeRow(of: call.reference(input: 2, Tensor(integers: [last] + starts.dropLast(), like: start))[0])
        }
    ]

    private static let conversions: [HostFault] = [
        HostFault(
            "cast-bfloat16-truncates", "rounding toward zero to bfloat16", .element, of: ["cast"],
            when: \.narrowsToBFloat16
        ) { call in
            let bits = call.floats(ofInput: 0).map { UInt16($0.bitPattern >> 16) }
            call.takeBits(of: CaseValues.tensor(.bfloat16(bits), call.outputShape))
        },
        HostFault(
            "cast-float16-saturates", "the largest float16 instead of infinity", .element, of: ["cast"],
            when: \.givesFloat16
        ) { call in
            call.changeElement { $0.isInfinite ? ($0 < 0 ? -65504 : 65504) : $0 }
        },
        HostFault(
            "cast-rounds", "floats rounded to the nearest integer, not toward zero", .element, of: ["cast"],
            when: \.castsToIntegers
        ) { call in
            let values = call.floats(ofInput: 0)
            call.changeInteger { place, right in
                values[place].magnitude < 1000 ? Int64(values[place].rounded(.toNearestOrAwayFromZero)) : right
            }
        },
        HostFault(
            "cast-nan-least", "NaN converted to the smallest integer", .element, of: ["cast"],
            when: \.castsToIntegers
        ) { call in
            let values = call.floats(ofInput: 0)
            call.changeInteger { place, right in values[place].isNaN ? Int64(Int32.min) : right }
        },
        HostFault("random-counter-low", "only the low 32 bits of the counter", .row, of: ["random"]) { call in
            guard let counter = call.integers(ofInput: 0).first else { return }
            let low = Int(truncatingIfNeeded: counter & 0xFFFF_FFFF)
            call.takeRow(of: call.reference(input: 0, Tensor(low))[0])
        },
        HostFault("iota-from-one", "counting from 1", .element, of: ["iota"]) { call in
            guard let right = call.outputs[0], right.elementCount > 0 else { return }
            if right.dtype.isInteger { call.changeInteger { $1 + 1 } } else { call.changeElement { $0 + 1 } }
        }
    ]

    private static let composites: [HostFault] = [
        HostFault(
            "rotary-neighbors", "neighbors rotated instead of halves, or halves instead of neighbors", .row,
            of: ["rotary_embedding"]
        ) {
            call in
            var attributes = call.attributes
            attributes["interleaved"] = .bool(!attributes.bool("interleaved"))
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("rotary-backward", "rotated the other way", .row, of: ["rotary_embedding"]) { call in
            guard let sin = call.inputs[2], sin.dtype.isFloatingPoint else { return }
            let turned = Tensor(floats: call.floats(ofInput: 2).map { -$0 }, dtype: sin.dtype)
            call.takeRow(of: call.reference(input: 2, try? turned.reshaped(sin.shape))[0])
        },
        HostFault(
            "rotary-first-batch",
            "the first sequence's angles used for all", .row, of: ["rotary_embedding"]
        ) { call in
            let shape = call.shape(ofInput: 1)
            guard shape.count == 3, shape[0] > 1, let angles = call.inputs[1] else { return }
            let size = max(1, shape[1] * shape[2])
            call.takeRow(
                of: call.reference(input: 1, angles.taking(angles.indices.map { $0 % size }, shape: shape))[0])
        },
        HostFault("convolution-flipped", "the kernel reversed", .row, of: ["convolution_1d"]) { call in
            call.takeRow(of: call.reference(input: 1, call.inputs[1]?.reversed(along: 2))[0])
        },
        HostFault("convolution-padding", "padding before and after exchanged", .row, of: ["convolution_1d"]) { call in
            var attributes = call.attributes
            attributes["padding"] = .integers(attributes.integers("padding").reversed())
            call.takeRow(of: call.reference(attributes: attributes)[0])
        },
        HostFault("convolution-last-tap", "the last tap left out", .element, of: ["convolution_1d"]) { call in
            guard let weight = call.inputs[1], weight.elementCount > 0, let width = weight.shape.last else { return }
            let shortened = zip(weight.indices, call.floats(ofInput: 1)).map { ($0 + 1) % width == 0 ? 0 : $1 }
            let tensor = Tensor(floats: shortened, dtype: weight.dtype)
            call.takeElement(of: call.reference(input: 1, try? tensor.reshaped(weight.shape))[0])
        }
    ]
}

extension FaultyCall {
    /// Replaces one element by that of `wrong`, one whose bits differ.
    mutating func takeBits(of wrong: Tensor?) {
        guard let right = outputs[0], let wrong, wrong.shape == right.shape, wrong.dtype == right.dtype else { return }
        let (mine, theirs) = (ExpectedTensor.numbers(right), ExpectedTensor.numbers(wrong))
        search(count: mine.count) { place in
            mine[place] == theirs[place] ? nil : { $0.replace(place..<place + 1, with: wrong) }
        }
    }
}

extension Tensor {
    /// The tensor with one axis reversed.
    fileprivate func reversed(along axis: Int) -> Tensor {
        let ranges = shape.indices.map { index in
            index == axis
                ? SliceRange(size: shape[index], start: -1, end: -shape[index] - 1, step: -1)
                : SliceRange(size: shape[index], start: 0, end: shape[index], step: 1)
        }
        return taking(Layout(dense: shape).sliced(ranges).elementOffsets, shape: shape)
    }

    fileprivate var withoutNegatives: Tensor? {
        guard let values = try? integers() else { return nil }
        return Tensor(integers: values.map { max(0, $0) }, like: self)
    }

    fileprivate init(integers: [Int64], like other: Tensor) {
        let storage: Storage =
            other.dtype == .int32 ? .int32(integers.map { Int32(truncatingIfNeeded: $0) }) : .int64(integers)
        self = CaseValues.tensor(storage, other.shape)
    }
}
