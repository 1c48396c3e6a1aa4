import AttendRuntime

/// Faults that are only visible where results share memory: in plans, not in single operations.
struct GraphFault: ListedFault {
    enum Kind: Sendable {
        /// The previous result changes after it was correct, as by a late write or a slot that is reused too early.
        /// Each kernel is correct for its inputs, and the change of one bit is within any bound of the whole graph.
        case lateWrite
        /// An overwritten operand is read afterwards.
        case readAfterWrite
    }

    let name: String
    let summary: String
    let extent: FaultExtent
    let operations = ["transformer_block", "random_graph"]
    let kind: Kind

    func concerns(_ request: KernelRequest) -> Bool {
        guard let output = request.outputs.first ?? nil, output.dtype == .float32, output.elementCount > 0 else {
            return false
        }
        return kind == .lateWrite || request.operation.name == "add"
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let output = run.outputs[0] else { return }
        switch kind {
        case .lateWrite:
            guard let (slice, operand) = run.previous, !meets(slice, operand, output, run) else { return }
            let tensor = try run.stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape)
            guard var values = try? tensor.floats(), let last = values.last, last.isFinite else { return }
            values[values.count - 1] = last.nextUp
            try run.trespass(CaseValues.tensor(.float32(values), operand.shape), at: slice)
        case .readAfterWrite:
            guard
                run.inputs.contains(where: {
                    $0?.buffer === output.buffer && $0?.byteOffset == output.byteOffset
                }), let tensor = try run.output(),
                var values = try? tensor.floats(), values.count > 1
            else { return }
            values[values.count - 1] += values[values.count - 2]
            try run.write(CaseValues.tensor(.float32(values), tensor.shape))
        }
    }

    /// Whether the memory of the previous result overlaps that of this one, as after reuse.
    private func meets(_ slice: BufferSlice, _ operand: Operand, _ output: BufferSlice, _ run: FaultyRun) -> Bool {
        guard slice.buffer === output.buffer, let other = run.request.outputs[0] else { return false }
        func range(_ slice: BufferSlice, _ operand: Operand) -> Range<Int> {
            let size = operand.elementCount * run.backend.storageByteCount(of: operand.dtype)
            return slice.byteOffset..<slice.byteOffset + size
        }
        return range(slice, operand).overlaps(range(output, other))
    }

    static let all: [any ListedFault] = [
        GraphFault(
            name: "plan-late-write", summary: "the last bit of the previous result changes afterwards",
            extent: .memory, kind: .lateWrite),
        GraphFault(
            name: "plan-in-place", summary: "an in-place sum reads its operand after overwriting it",
            extent: .element,
            kind: .readAfterWrite)
    ]
}
