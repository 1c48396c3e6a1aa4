import AttendRuntime
import Foundation
import Synchronization

/// Memory, errors, threads.
enum BlindFaultsA4 {
    static let all: [any ListedFault] = [
        RunFault(
            name: "maximum-writes-past-end", summary: "float32: the last four lanes are stored whole, past the end",
            extent: .memory, operations: ["maximum"]
        ) { run throws(BackendError) in
            guard let operand = run.request.outputs[0], operand.dtype == .float32, let slice = run.outputs[0] else {
                return
            }
            let count = operand.elementCount
            guard count % 4 != 0 else { return }
            let rest = 4 - count % 4
            let size = run.backend.storageByteCount(of: .float32)
            let lanes = Tensor(floats: [Float](repeating: 0, count: rest), dtype: .float32, shape: [rest])
            let place = BufferSlice(slice.buffer, byteOffset: slice.byteOffset + count * size)
            try? run.trespass(lanes, at: place)
        },
        RunFault(
            name: "equal-same-value", summary: "a value compared with itself is true everywhere, NaN too",
            extent: .element, operations: ["equal"]
        ) { run throws(BackendError) in
            guard let operand = run.request.inputs[0], let other = run.request.inputs[1],
                [.float32, .float16, .bfloat16].contains(operand.dtype), operand.shape == other.shape,
                let left = run.inputs[0], let right = run.inputs[1], left.buffer === right.buffer,
                left.byteOffset == right.byteOffset, let output = run.request.outputs[0]
            else { return }
            let ones = [Int64](repeating: 1, count: output.elementCount)
            try run.write(Tensor(integers64: ones, dtype: .bool, shape: output.shape), output: 0)
        },
        RunFault(
            name: "matmul-shared-scratch",
            summary: "instances on several streams share scratch: one gets the other's sums",
            extent: .thread, operations: ["matmul"]
        ) { run throws(BackendError) in
            guard run.request.inputs.count == 2, let left = run.request.inputs[0], let right = run.request.inputs[1],
                let operand = run.request.outputs[0]
            else { return }
            guard let mine = try run.output(0), mine.shape == operand.shape else { return }
            let key = "\(left.dtype) \(left.shape) \(right.shape) \(operand.shape)"
            let note = Note(stream: ObjectIdentifier(run.stream), time: .now, result: mine)
            let last = scratch.withLock { known in
                let last = known[key]
                known[key] = note
                return last
            }
            guard let last, last.stream != note.stream, last.time.duration(to: note.time) < .milliseconds(3) else {
                return
            }
            try run.write(last.result, output: 0)
        },
        IndexErrorFault(
            name: "gather-far-negative",
            summary: "indices below minus the axis' size are not reported",
            operations: ["gather"]
        ) { index, size in index < 0 ? nil : (index, size) },
        IndexErrorFault(
            name: "update-slice-reports-wrapped-start",
            summary: "a bad negative start is reported after adding the size",
            operations: ["update_slice"]
        ) { index, size in (index < 0 ? index &+ size : index, size) }
    ]
}

/// The last result in the scratch of a kernel.
private struct Note: Sendable {
    let stream: ObjectIdentifier
    let time: ContinuousClock.Instant
    let result: Tensor
}

private let scratch = Mutex<[String: Note]>([:])
