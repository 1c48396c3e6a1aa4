import AttendRuntime
import Foundation
import Synchronization

/// A fault that acts on runs, on requests or on errors.
private struct ActFaultC: ListedFault {
    let name: String
    let summary: String
    let extent: FaultExtent
    let operations: [String]
    let inputs: FaultyInputs
    let misreading: @Sendable (KernelRequest) -> KernelRequest
    let reporting: @Sendable (BackendError) -> BackendError?
    let act: @Sendable (FaultyRun) throws(BackendError) -> Void

    init(
        name: String, summary: String, extent: FaultExtent, operations: [String], inputs: FaultyInputs = .dense,
        act: @escaping @Sendable (FaultyRun) throws(BackendError) -> Void = { _ in },
        misreading: @escaping @Sendable (KernelRequest) -> KernelRequest = { $0 },
        reporting: @escaping @Sendable (BackendError) -> BackendError? = { $0 }
    ) {
        self.name = name
        self.summary = summary
        self.extent = extent
        self.operations = operations
        self.inputs = inputs
        self.misreading = misreading
        self.reporting = reporting
        self.act = act
    }

    func misread(_ request: KernelRequest) -> KernelRequest { misreading(request) }

    func spoil(_ run: FaultyRun) throws(BackendError) { try act(run) }

    func reported(_ error: BackendError) -> BackendError? { reporting(error) }
}

/// Scratch memory that all instances share.
private final class ScratchC: Sendable {
    private let memory = Mutex<Tensor?>(nil)

    func put(_ tensor: Tensor) { memory.withLock { $0 = tensor } }

    func get() -> Tensor? { memory.withLock { $0 } }
}

private let scratchC = ScratchC()

/// Faults of memory, views, errors, threads and shared operands.
enum BlindFaultsC4 {
    static let all: [any ListedFault] = [
        ActFaultC(
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
        ActFaultC(
            name: "abs-flipped-views-read-forward", summary: "a view with a negative stride is read forwards",
            extent: .element, operations: ["abs"], inputs: .strided,
            misreading: { request in
                guard let input = request.inputs[0], input.layout.strides.contains(where: { $0 < 0 }),
                    input.elementCount > 0
                else { return request }
                var offset = input.layout.offset
                for (size, stride) in zip(input.shape, input.layout.strides) where stride < 0 {
                    offset += (size - 1) * stride
                }
                let strides = input.layout.strides.map { abs($0) }
                let layout = Layout(shape: input.shape, strides: strides, offset: offset)
                let wrong = Operand(dtype: input.dtype, layout: layout, isConstant: input.isConstant)
                return KernelRequest(operation: request.operation, inputs: [wrong], outputs: request.outputs)
            }
        ),
        ActFaultC(
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
        ActFaultC(
            name: "reduce-sum-partials-shared",
            summary: "the partial sums of runs on several threads share one scratch",
            extent: .thread, operations: ["reduce_sum"]
        ) { run throws(BackendError) in
            guard let input = run.request.inputs[0], input.elementCount >= 256 else { return }
            guard let right = try run.output(0) else { return }
            scratchC.put(right)
            Thread.sleep(forTimeInterval: 0.0005)
            guard let found = scratchC.get(), found.shape == right.shape, found.dtype == right.dtype else { return }
            try run.write(found, output: 0)
        },
        ActFaultC(
            name: "gather-wide-index-unnoticed", summary: "an index is checked in its low 32 bits alone",
            extent: .element, operations: ["gather"],
            reporting: { error in
                guard case .indexOutOfRange(_, _, let index, let size, _) = error else { return error }
                let low = Int64(Int32(truncatingIfNeeded: index))
                return low >= -Int64(size) && low < Int64(size) ? nil : error
            }
        ),
        ActFaultC(
            name: "update-slice-error-counts-from-front", summary: "the error of a negative start has the size added",
            extent: .element, operations: ["update_slice"],
            reporting: { error in
                guard case .indexOutOfRange(let backend, let operation, let index, let size, let instance) = error,
                    index < 0
                else { return error }
                return .indexOutOfRange(
                    backend: backend, operation: operation, index: index &+ size, size: size, instance: instance)
            }
        )
    ]
}
