import AttendRuntime
import Foundation

/// Faults of errors, and of memory that is not the kernel's to write.
enum BlindFaultsB6 {
    static let all: [any ListedFault] = [
        IndexErrorFault(
            name: "embedding-index-of-size-allowed",
            summary: "an index equal to the number of rows is no error",
            operations: ["embedding"]
        ) { index, size in index == size ? nil : (index, size) },
        IndexErrorFault(
            name: "gather-error-tells-wrapped-index",
            summary: "the error of a negative index gives it after the axis' size was added",
            operations: ["gather"]
        ) { index, size in (index < 0 ? index &+ size : index, size) },
        RunFault(
            name: "layer-norm-centers-its-input", summary: "the mean is subtracted in the input's own memory",
            extent: .memory,
            operations: ["layer_norm"]
        ) { run throws(BackendError) in
            guard let slice = run.inputs[0], let operand = run.request.inputs[0], operand.layout.isDense,
                let length = operand.shape.last, length > 1, operand.elementCount > 0
            else { return }
            guard let input = try run.input(0) else { return }
            guard var values = try? input.floats(), values.allSatisfy({ $0.isFinite }) else { return }
            for start in stride(from: 0, to: values.count, by: length) {
                let mean = values[start..<start + length].reduce(0, +) / Float(length)
                for p in start..<start + length { values[p] -= mean }
            }
            try run.trespass(Tensor(floats: values, dtype: input.dtype, shape: input.shape), at: slice)
        },
        RunFault(
            name: "embedding-last-row-rounded-up",
            summary: "rows are copied 4 elements at a time, and the last one writes beyond the output",
            extent: .memory,
            operations: ["embedding"]
        ) { run throws(BackendError) in
            guard let slice = run.outputs[0], let operand = run.request.outputs[0], operand.elementCount > 0,
                let width = operand.shape.last, width % 4 != 0
            else { return }
            guard let output = try run.output(0) else { return }
            let excess = 4 - width % 4
            let first = output.elementCount - width
            let places = (0..<excess).map { first + $0 % width }
            let size = run.backend.storageByteCount(of: operand.dtype)
            let end = BufferSlice(slice.buffer, byteOffset: slice.byteOffset + operand.elementCount * size)
            try run.trespass(output.taking(places, shape: [excess]), at: end)
        }
    ]
}
