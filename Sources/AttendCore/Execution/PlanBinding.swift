/// A plan in one session: its memory on the device and its kernels on the session's stream.
final class PlanBinding {
    let plan: Plan
    var slots: [BufferSlice]
    private let inputs: [BufferSlice?]
    private let constants: [Plan.ConstantPlace: BufferSlice]
    private var calls: [Call] = []

    private struct Call {
        let instance: any KernelInstance
        var inputs: [BufferSlice?]
        var outputs: [BufferSlice?]
    }

    init(
        _ plan: Plan, _ program: Program, _ stream: any ComputeStream, _ states: [BufferSlice]
    ) throws(BackendError) {
        self.plan = plan
        let backend = program.backend
        var slots: [BufferSlice] = []
        for byteCount in plan.slotByteCounts { slots.append(BufferSlice(try backend.makeBuffer(byteCount: byteCount))) }
        self.slots = slots

        let touched = plan.steps.flatMap { $0.inputs.compactMap(\.self) } + plan.outputs.map(\.storage)
        let used = Set(touched)
        var inputs: [BufferSlice?] = []
        for (index, id) in plan.graph.inputs.enumerated() {
            guard used.contains(.input(index)) else {
                inputs.append(nil)
                continue
            }
            let type = plan.graph.type(of: id)
            let count = (type.concreteShape ?? []).reduce(1, *)
            let buffer = try backend.makeBuffer(byteCount: count * backend.storageByteCount(of: type.dtype))
            inputs.append(BufferSlice(buffer))
        }
        self.inputs = inputs

        var constants: [Plan.ConstantPlace: BufferSlice] = [:]
        for case .constant(let place) in used { constants[place] = BufferSlice(try program.buffer(of: place)) }
        self.constants = constants

        for step in plan.steps {
            calls.append(Call(instance: try step.kernel.makeInstance(on: stream), inputs: [], outputs: []))
        }
        resolve(states)
    }

    /// Looks up every operand's memory, so that a run need not.
    func resolve(_ states: [BufferSlice]) {
        for (index, step) in plan.steps.enumerated() {
            calls[index].inputs = step.inputs.map { $0.map { place($0, states) } }
            calls[index].outputs = step.outputs.map { $0.map { place($0, states) } }
        }
    }

    private func place(_ storage: Plan.Storage, _ states: [BufferSlice]) -> BufferSlice {
        let slice: BufferSlice? =
            switch storage {
            case .input(let index): inputs[index]
            case .constant(let place): constants[place]
            case .state(let index): states[index]
            case .slot(let index): slots[index]
            }
        guard let slice else { preconditionFailure("a planned value has memory") }
        return slice
    }

    func slice(_ storage: Plan.Storage, _ states: [BufferSlice]) -> BufferSlice {
        place(storage, states)
    }

    func copyIn(_ tensors: [String: Tensor], _ stream: any ComputeStream) throws(BackendError) {
        for (index, id) in plan.graph.inputs.enumerated() {
            guard let destination = inputs[index], let tensor = tensors[plan.graph.values[id].name] else { continue }
            try stream.copyIn(tensor, to: destination)
        }
    }

    func run() throws(RunError) {
        for (index, call) in calls.enumerated() {
            do {
                try call.instance.run(inputs: call.inputs, outputs: call.outputs)
            } catch {
                throw .backend(error, node: plan.steps[index].place.node)
            }
        }
    }

    /// The node whose kernel an error of a synchronised stream comes from, where the error knows.
    func node(of error: BackendError) -> String? {
        guard case .indexOutOfRange(_, _, _, _, let instance?) = error else { return nil }
        return calls.firstIndex { ObjectIdentifier($0.instance) == instance }.map { plan.steps[$0].place.node }
    }
}
