import AttendRuntime
import Foundation

// Indices, moves, types and the other layers.

enum BlindFaultsD5 {
    static let all: [any ListedFault] = [
        IndexErrorFault(
            name: "embedding-error-names-wrapped-index",
            summary: "a bad negative index is told with the axis' size added to it",
            operations: ["embedding"]
        ) { index, size in (index < 0 ? index &+ size : index, size) },
        IndexErrorFault(
            name: "update-slice-misfit-is-no-error",
            summary: "a start that leaves no room for the update is clamped and not an error",
            operations: ["update_slice"]
        ) { _, _ in nil },
        RunFault(
            name: "cast-to-bool-writes-words",
            summary: "bools are stored four at a time, over the output's end", extent: .memory,
            operations: ["cast"],
            act: { (run: FaultyRun) throws(BackendError) in
                guard run.request.outputs.count == 1, let operand = run.request.outputs[0],
                    operand.dtype == .bool, operand.elementCount % 4 != 0, let slice = run.outputs[0]
                else { return }
                let count = operand.elementCount
                let tail = 4 - count % 4
                let size = run.backend.storageByteCount(of: .bool)
                let junk = Tensor(integers64: [Int64](repeating: 1, count: tail), dtype: .bool, shape: [tail])
                let behind = BufferSlice(slice.buffer, byteOffset: slice.byteOffset + count * size)
                try? run.trespass(junk, at: behind)
            }),
        HostFault(
            "rotary-embedding-sin-like-cos", "cosines for all sequences: each sequence takes the first one's sines",
            .row, of: ["rotary_embedding"]
        ) { call in
            guard call.inputs.count == 3, let cosines = call.inputs[1], let sines = call.inputs[2],
                cosines.shape.count == 3, sines.shape.count == 3, cosines.shape[0] == 1, sines.shape[0] > 1
            else { return }
            let count = sines.elementCount / sines.shape[0]
            guard count > 0 else { return }
            let first = sines.taking((0..<sines.elementCount).map { $0 % count }, shape: sines.shape)
            guard let wrong = call.reference(input: 2, first)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "convolution-1d-pointwise-stride", "a weight of width 1 is a product of matrices and loses its stride",
            .row, of: ["convolution_1d"]
        ) { call in
            guard let input = call.inputs[0], let weight = call.inputs[1], input.shape.count == 3,
                weight.shape.count == 3, weight.shape[2] == 1
            else { return }
            let stride = call.attributes.integer("stride")
            let length = input.shape[2]
            let padding = call.attributes.integers("padding")
            guard stride > 1, padding == [0, 0], length > 1 else { return }
            // The place where the right kernel looks holds what the wrong one reads.
            let places = (0..<input.elementCount).map { place in
                let x = place % length
                return place - x + x / stride
            }
            guard let wrong = call.reference(input: 0, input.taking(places, shape: input.shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "convolution-1d-constant-turned-again",
            "each run turns a constant weight in place: each second is wrong", .run, of: ["convolution_1d"]
        ) { call in
            guard call.index % 2 == 1, call.request.inputs.count > 1, call.request.inputs[1]?.isConstant == true,
                let weight = call.inputs[1], let width = weight.shape.last, width > 1
            else { return }
            let places = (0..<weight.elementCount).map { $0 - $0 % width + (width - 1 - $0 % width) }
            guard let wrong = call.reference(input: 1, weight.taking(places, shape: weight.shape))[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "gather-negative-adds-first-size", "to a negative index the first axis' size is added, whatever the axis",
            .element, of: ["gather"]
        ) { call in
            guard let input = call.inputs[0], let indices = call.inputs[1], let axis = call.axis,
                input.shape.indices.contains(axis), axis > 0, input.shape[axis] > 0
            else { return }
            let given = call.integers(ofInput: 1)
            let size = Int64(input.shape[axis])
            let first = Int64(input.shape[0])
            guard first != size, given.contains(where: { $0 < 0 }) else { return }
            let wrapped = given.map { $0 < 0 ? min(max($0 &+ first, 0), size - 1) : $0 }
            let other = Tensor(integers64: wrapped, dtype: indices.dtype, shape: indices.shape)
            guard let wrong = call.reference(input: 1, other)[0] else { return }
            call.takeAll(of: wrong)
        },
        HostFault(
            "concatenate-stops-at-empty", "an empty input ends the list: what follows it stays unwritten", .memory,
            of: ["concatenate"]
        ) { call in
            guard let right = call.outputs[0], let before = call.before[0], let axis = call.axis,
                right.shape.indices.contains(axis), let empty = call.inputs.firstIndex(where: { $0?.elementCount == 0 })
            else { return }
            let start = call.inputs[..<empty].reduce(0) { $0 + ($1?.shape[axis] ?? 0) }
            let inner = right.shape[(axis + 1)...].reduce(1, *)
            let size = right.shape[axis] * inner
            guard size > 0, start < right.shape[axis] else { return }
            for row in 0..<right.elementCount / size {
                call.replace(row * size + start * inner..<(row + 1) * size, with: before, output: 0)
            }
        },
        HostFault(
            "cast-nan-rounds-to-number", "NaNs are rounded to bfloat16 like numbers: some become 0 or infinity",
            .element, of: ["cast"]
        ) { call in
            guard let right = call.outputs[0], right.dtype == .bfloat16, call.inputs[0]?.dtype == .float32,
                var wrong = try? right.floats()
            else { return }
            let input = call.floats(ofInput: 0)
            guard input.count == wrong.count, input.contains(where: \.isNaN) else { return }
            for place in wrong.indices where input[place].isNaN {
                let bits = input[place].bitPattern
                let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000
                wrong[place] = Float(bitPattern: rounded)
            }
            call.takeAll(of: Tensor(floats: wrong, dtype: .bfloat16, shape: right.shape))
        }
    ]
}
