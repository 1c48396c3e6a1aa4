import AttendRuntime

/// Faults that write to memory outside of the result, or leave parts of the result unwritten.
struct MemoryFault: ListedFault {
    enum Kind: Sendable {
        case pastEnd, beforeBeginning, inputOverwritten
    }

    let name: String
    let summary: String
    let extent = FaultExtent.memory
    let inputs = FaultyInputs.dense
    let operations: [String]
    let kind: Kind

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let output = run.outputs[0], let operand = run.request.outputs[0] else { return }
        let size = run.backend.storageByteCount(of: operand.dtype)
        let element = Tensor(scalar: 1, dtype: operand.dtype)
        switch kind {
        case .pastEnd:
            let end = output.byteOffset + operand.elementCount * size
            try run.trespass(element, at: BufferSlice(output.buffer, byteOffset: end))
        case .beforeBeginning:
            try run.trespass(element, at: BufferSlice(output.buffer, byteOffset: output.byteOffset - size))
        case .inputOverwritten:
            guard let input = run.inputs[0], let first = try run.input(0), first.elementCount > 1 else { return }
            let last = first.taking([0], shape: [1])
            let place = input.byteOffset + (first.elementCount - 1) * run.backend.storageByteCount(of: first.dtype)
            guard input.buffer !== output.buffer else { return }
            try run.trespass(last, at: BufferSlice(input.buffer, byteOffset: place))
        }
    }

    static let all: [any ListedFault] =
        [
            MemoryFault(
                name: "add-past-end", summary: "one element written past the end", operations: ["add"], kind: .pastEnd),
            MemoryFault(
                name: "attention-past-end", summary: "one element written past the end", operations: ["attention"],
                kind: .pastEnd),
            MemoryFault(
                name: "tanh-before-beginning", summary: "one element written before the beginning",
                operations: ["tanh"],
                kind: .beforeBeginning),
            MemoryFault(
                name: "multiply-overwrites-input", summary: "one element of an input overwritten",
                operations: ["multiply"], kind: .inputOverwritten)
        ] + unwritten

    private static let unwritten: [any ListedFault] = [
        HostFault("add-uninitialized", "one element not written", .element, of: ["add"]) { call in
            guard let before = call.before[0], before.elementCount > 0 else { return }
            call.search(count: before.elementCount) { place in { $0.replace(place..<place + 1, with: before) } }
        },
        HostFault("matmul-last-row-unwritten", "the last row not written", .row, of: ["matmul"]) { call in
            guard let before = call.before[0], let width = call.outputShape.last, before.elementCount > 0 else {
                return
            }
            call.replace(before.elementCount - width..<before.elementCount, with: before)
        },
        HostFault("exp-last-bit", "the last bit of one element differs from run to run", .run, of: ["exp"]) { call in
            guard call.index % 2 == 1, let values = call.outputs[0].flatMap({ try? $0.floats() }),
                call.outputs[0]?.dtype == .float32
            else { return }
            call.search(count: values.count) { place in
                values[place].isFinite ? { $0.set(place..<place + 1, to: [values[place].nextUp]) } : nil
            }
        },
        HostFault("softmax-second-run", "the second run leaves its output unwritten", .run, of: ["softmax"]) { call in
            guard call.index == 1, let before = call.before[0], before.elementCount > 0 else { return }
            call.replace(before.indices, with: before)
        },
        HostFault("reduce-sum-race", "a term added twice in one run of 50", .run, of: ["reduce_sum"]) { call in
            guard call.index % 50 == 29 else { return }
            call.changeElement { $0 * 1.01 }
        }
    ]
}
