import AttendRuntime
import Foundation
import Synchronization

private let scratchC = SharedScratch()

/// Faults of memory, views, errors, threads and shared operands.
enum BlindFaultsC4 {
    static let all: [any ListedFault] = [
        RunFault(
            name: "equal-same-value-is-true", summary: "a value compared with itself is taken as equal, even NaN",
            extent: .element, operations: ["equal"]
        ) { run throws(BackendError) in
            guard let lhs = run.request.inputs[0], let rhs = run.request.inputs[1], lhs.shape == rhs.shape,
                let first = run.inputs[0], let second = run.inputs[1], first.buffer === second.buffer,
                first.byteOffset == second.byteOffset, let output = run.request.outputs[0]
            else { return }
            let ones = [Int64](repeating: 1, count: output.elementCount)
            try run.write(Tensor(integers64: ones, dtype: .bool, shape: output.shape), output: 0)
        },
        RunFault(
            name: "negate-last-vector-overruns", summary: "the last vector of four is stored whole, past the end",
            extent: .memory, operations: ["negate"]
        ) { run throws(BackendError) in
            guard let output = run.request.outputs[0], output.dtype == .float32, let slice = run.outputs[0],
                output.elementCount % 4 != 0
            else { return }
            let count = output.elementCount
            guard let values = try? run.output(0)?.floats(), let last = values.last else { return }
            let rest = [Float](repeating: last, count: 4 - count % 4)
            let end = slice.byteOffset + count * run.backend.storageByteCount(of: .float32)
            let excess = Tensor(floats: rest, dtype: .float32, shape: [rest.count])
            try run.trespass(excess, at: BufferSlice(slice.buffer, byteOffset: end))
        },
        RunFault(
            name: "reduce-sum-partials-shared",
            summary: "the partial sums of runs on several threads share one scratch",
            extent: .thread, operations: ["reduce_sum"]
        ) { run throws(BackendError) in
            guard let input = run.request.inputs[0], input.elementCount >= 256 else { return }
            guard let right = try run.output(0) else { return }
            guard let found = scratchC.passed(right, after: 0.0005), found.shape == right.shape,
                found.dtype == right.dtype
            else { return }
            try run.write(found, output: 0)
        },
        IndexErrorFault(
            name: "gather-wide-index-unnoticed",
            summary: "an index is checked in its low 32 bits alone",
            operations: ["gather"]
        ) { index, size in
            let low = Int(Int32(truncatingIfNeeded: index))
            return low >= -size && low < size ? nil : (index, size)
        },
        IndexErrorFault(
            name: "update-slice-error-counts-from-front",
            summary: "the error of a negative start has the size added",
            operations: ["update_slice"]
        ) { index, size in (index < 0 ? index &+ size : index, size) }
    ]
}
