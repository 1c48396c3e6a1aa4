package import AttendRuntime
import Synchronization

/// A generated fault: one mistake of one operation, made in the requests that meet a condition.
///
/// Mutants are drawn from rules of their own (``MutantDraw``), never from the tables that make the cases, so that the
/// share of them that the kit finds estimates the share of unseen faults that it finds.
package struct Mutant: ListedFault {
    /// The seed of the draw, and the mutant's number in it.
    package let seed: Int
    package let number: Int
    package let operation: String
    let mistake: MutantMistake
    let condition: MutantCondition
    /// What the mistake keeps between kernels.
    private let memory = MutantMemory()

    init(seed: Int, number: Int, operation: String, mistake: MutantMistake, condition: MutantCondition) {
        (self.seed, self.number, self.operation) = (seed, number, operation)
        (self.mistake, self.condition) = (mistake, condition)
    }

    /// The mutant with limits that small requests reach.
    var withoutLimits: Mutant {
        var condition = condition
        switch condition {
        case .axis, .elements: condition = .always
        case .always, .dtype, .rank, .scalars, .odd, .broadcast, .strided, .attribute, .input: break
        }
        return Mutant(
            seed: seed, number: number, operation: operation, mistake: mistake.withoutLimits, condition: condition)
    }

    package var name: String { "mutant-\(seed)-\(number)" }
    package var summary: String {
        condition == .always ? "\(operation): \(mistake)" : "\(operation): \(mistake), \(condition)"
    }
    package var extent: FaultExtent { mistake.family.extent }
    package var operations: [String] { [operation] }
    package var family: MutantFamily { mistake.family }

    package var inputs: FaultyInputs {
        if case .reads(_, .asDense) = mistake { return .strided }
        return condition == .strided ? .strided : .dense
    }

    package func concerns(_ request: KernelRequest) -> Bool {
        request.operation.name == operation && request.outputs.contains { $0?.elementCount ?? 0 > 0 }
            && condition.holds(for: request)
    }

    package func misread(_ request: KernelRequest) -> KernelRequest {
        guard case .sharesKernels(let attribute) = mistake else { return request }
        return memory.firstAlike(request, but: attribute)
    }

    package func reported(_ error: BackendError) -> BackendError? {
        guard case .error(let range, let change) = mistake else { return error }
        return change.reported(error, in: range)
    }

    package func spoil(_ run: FaultyRun) throws(BackendError) {
        switch mistake {
        case .writesOutside(let distance, let isBefore): try write(run, distance, isBefore)
        case .overwritesInput(let input, let place): try overwrite(run, input, place)
        case .environment(let environment):
            run.backend.noteAct()
            environment.value.apply()
        case .sharesScratch: try throughScratch(run)
        case .error, .sharesKernels: break
        case .reads, .swaps, .omits, .result, .rounds, .attribute, .keepsInput, .skipsRun:
            guard let (output, wrong) = mistake.result(of: try FaultyCall(run)),
                let right = try run.output(output), wrong.shape == right.shape, wrong.dtype == right.dtype,
                !wrong.hasSameBits(as: right)
            else { return }
            try run.write(wrong, output: output)
        }
    }

    // MARK: Memory

    private func write(_ run: FaultyRun, _ distance: Int, _ isBefore: Bool) throws(BackendError) {
        guard let output = run.outputs[0], let operand = run.request.outputs[0] else { return }
        let size = run.backend.storageByteCount(of: operand.dtype)
        let offset = isBefore ? -(distance + 1) * size : (operand.elementCount + distance) * size
        let element = Tensor(scalar: 1, dtype: operand.dtype)
        try run.trespass(element, at: BufferSlice(output.buffer, byteOffset: output.byteOffset + offset))
    }

    private func overwrite(_ run: FaultyRun, _ input: Int, _ place: MutantPlace) throws(BackendError) {
        guard run.inputs.indices.contains(input), let slice = run.inputs[input],
            slice.buffer !== run.outputs[0]?.buffer,
            let tensor = try run.input(input), run.request.inputs[input]?.layout.isDense ?? false,
            let index = tensor.indices.first(where: { place.contains($0, of: tensor.elementCount) })
        else { return }
        let changed = tensor.taking([index], shape: [1]).incremented
        let offset = index * run.backend.storageByteCount(of: tensor.dtype)
        try run.trespass(changed, at: BufferSlice(slice.buffer, byteOffset: slice.byteOffset + offset))
    }

    private func throughScratch(_ run: FaultyRun) throws(BackendError) {
        guard let right = try run.output(), let found = memory.scratch.passed(right), found.dtype == right.dtype,
            found.shape == right.shape, !found.hasSameBits(as: right)
        else { return }
        try run.write(found)
    }
}

/// What a mutant keeps between kernels.
private final class MutantMemory: Sendable {
    let scratch = SharedScratch()
    private let first = Mutex<[String: Attributes]>([:])

    /// The request with the attribute of the first one of the same types.
    func firstAlike(_ request: KernelRequest, but attribute: String) -> KernelRequest {
        let key = "\(request.inputs) \(request.outputs)"
        let known = first.withLock { first in
            defer { first[key] = first[key] ?? request.attributes }
            return first[key]
        }
        guard let value = known?[attribute], value != request.attributes[attribute] else { return request }
        var attributes = request.attributes
        attributes[attribute] = value
        var operation = request.operation
        operation.attributes = attributes
        let misread = KernelRequest(operation: operation, inputs: request.inputs, outputs: request.outputs)
        return misread.isSound ? misread : request
    }
}

extension KernelRequest {
    /// Whether the operation gives outputs of these shapes.
    fileprivate var isSound: Bool {
        let graph = try? OneNodeGraph.make(self) { builder, inputs throws(GraphError) in
            try OneNodeGraph.apply(self, attributes, builder, inputs)
        }
        guard let graph else { return false }
        let found = Dictionary(uniqueKeysWithValues: graph.outputs.map { ($0.name, graph.type(of: $0.value)) })
        return outputs.enumerated().allSatisfy { index, operand in
            operand == nil || found["output\(index)"]?.concreteShape == operand?.shape
        }
    }
}
