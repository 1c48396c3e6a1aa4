import AttendRuntime
import Foundation
import Synchronization

/// Faults of memory that belongs to too many: to all kernels of a backend, or to an operand that is there twice.
struct SharedMemoryFault: ListedFault {
    enum Kind: Sendable {
        /// Results pass through one buffer of the backend, so that two runs at once mix.
        case staticScratch
        /// An operand that is another one as well is read as that one's neighbor.
        case sameOperand
        /// 64 elements are computed at a time, past the end of the operands.
        case roundsCountUp
    }

    let name: String
    let summary: String
    let extent: FaultExtent
    let operations: [String]
    let kind: Kind
    let inputs = FaultyInputs.dense
    private let scratch = SharedScratch()

    init(_ name: String, _ summary: String, _ extent: FaultExtent, of operations: [String], _ kind: Kind) {
        (self.name, self.summary, self.extent) = (name, summary, extent)
        (self.operations, self.kind) = (operations, kind)
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        switch kind {
        case .staticScratch: try throughScratch(run)
        case .sameOperand:
            let (slices, request) = (run.inputs.compactMap(\.self), run.request)
            guard slices.count > 1, slices[0].buffer === slices[1].buffer, slices[0].byteOffset == slices[1].byteOffset,
                request.outputs[0]?.elementCount ?? 0 > 1, let right = try run.output()
            else { return }
            let turned = right.taking(right.indices.map { right.elementCount - 1 - $0 }, shape: right.shape)
            if !turned.hasSameBits(as: right) { try run.write(turned) }
        case .roundsCountUp: try pastTheEnd(run)
        }
    }

    private func throughScratch(_ run: FaultyRun) throws(BackendError) {
        guard let right = try run.output(), let found = scratch.passed(right), found.dtype == right.dtype,
            found.shape == right.shape,
            !found.hasSameBits(as: right)
        else { return }
        try run.write(found)
    }

    private func pastTheEnd(_ run: FaultyRun) throws(BackendError) {
        guard let input = run.inputs[0], let output = run.outputs[0], let operand = run.request.outputs[0],
            operand.dtype == .float32, operand.elementCount % 64 != 0
        else { return }
        let count = 64 - operand.elementCount % 64
        let offset = operand.elementCount * run.backend.storageByteCount(of: .float32)
        let behind = BufferSlice(input.buffer, byteOffset: input.byteOffset + offset)
        guard let values = numbers(run, behind, count) else { return }
        // A function of NaN is that NaN.
        let results = values.map { $0.isNaN ? $0 : Float(Foundation.exp(Double($0))) }
        try run.trespass(
            CaseValues.tensor(.float32(results), [count]),
            at: BufferSlice(output.buffer, byteOffset: output.byteOffset + offset))
    }

    /// The bits of memory as float32; typed memory, such as the reference's, is read as its own type. Nil if it can't be.
    private func numbers(_ run: FaultyRun, _ slice: BufferSlice, _ count: Int) -> [Float]? {
        if let zone = try? run.stream.copyOut(slice, dtype: .float32, shape: [count]) { return try? zone.floats() }
        guard let zone = try? run.stream.copyOut(slice, dtype: .int32, shape: [count]), let bits = try? zone.integers()
        else { return nil }
        return bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
    }

    static let all: [any ListedFault] = [
        SharedMemoryFault(
            "softmax-static-scratch", "one scratch buffer for all kernels", .run, of: ["softmax", "layer_norm"],
            .staticScratch),
        SharedMemoryFault(
            "concatenate-same", "a value that is both parts taken for something else", .row,
            of: ["concatenate", "multiply"], .sameOperand),
        SharedMemoryFault(
            "exp-rounds-count-up", "64 elements computed at a time, past the end", .memory, of: ["exp"], .roundsCountUp)
    ]
}
