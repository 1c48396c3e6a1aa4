import AttendBackend
import AttendGraph

/// A plan bound to one session: device memory, and kernel instances on the session's streams.
final class PlanBinding {
    let plan: Plan
    var slots: [BufferSlice]
    private let inputs: [Input: BufferSlice]
    private let constants: [Plan.PlacedConstant: BufferSlice]
    private var calls: [Call] = []

    private struct Input: Hashable {
        let index: Int
        let backendIndex: Int
    }

    private struct Call {
        let instance: any KernelInstance
        var inputs: [BufferSlice?]
        var outputs: [BufferSlice?]
    }

    /// - Throws: ``RunError/backend(_:node:)``, with the node whose kernel or constant could not be made.
    init(
        _ plan: Plan, _ program: Program, _ streams: [any ComputeStream], _ states: [BufferSlice]
    ) throws(RunError) {
        self.plan = plan
        do throws(BackendError) {
            (slots, inputs) = try PlanBinding.memory(of: plan, program.backends)
        } catch {
            throw .backend(error, node: nil)
        }
        for (backendIndex, stream) in streams.enumerated() {
            stream.prepare(
                plan.steps.filter { $0.backendIndex == backendIndex && !($0.kernel is MoveKernel) }.map(\.kernel))
        }
        constants = try PlanBinding.constants(of: plan, program.weights)
        for step in plan.steps {
            do throws(BackendError) {
                let instance =
                    if let move = step.kernel as? MoveKernel {
                        move.instance(from: streams[move.source], to: streams[step.backendIndex])
                    } else {
                        try step.kernel.makeInstance(on: streams[step.backendIndex])
                    }
                calls.append(Call(instance: instance, inputs: [], outputs: []))
            } catch {
                throw .backend(error, node: step.placement.node)
            }
        }
        resolve(states)
    }

    /// The constants that the plan reads or returns, on their devices.
    private static func constants(
        of plan: Plan, _ weights: WeightStore
    ) throws(RunError) -> [Plan.PlacedConstant: BufferSlice] {
        // In the order of their first readers; no reader for an output.
        var wanted: [(placed: Plan.PlacedConstant, reader: String?)] = []
        var seen: Set<Plan.PlacedConstant> = []
        func add(_ storage: Plan.Storage?, _ reader: String?) {
            guard case .constant(let placed)? = storage, seen.insert(placed).inserted else { return }
            wanted.append((placed, reader))
        }
        for step in plan.steps { for input in step.inputs { add(input, step.placement.node) } }
        for output in plan.outputs { add(output.storage, nil) }
        try weights.upload(wanted)
        var constants: [Plan.PlacedConstant: BufferSlice] = [:]
        for (placed, reader) in wanted {
            constants[placed] = BufferSlice(try weights.buffer(of: placed, for: reader))
        }
        return constants
    }

    /// Buffers for the slots, and for the inputs on the backends that read them.
    private static func memory(
        of plan: Plan, _ backends: [any ComputeBackend]
    ) throws(BackendError) -> (slots: [BufferSlice], inputs: [Input: BufferSlice]) {
        var buffers: [any DeviceBuffer] = []
        for buffer in plan.buffers {
            buffers.append(try backends[buffer.backendIndex].makeBuffer(byteCount: buffer.byteCount))
        }
        let slots = plan.slots.map { BufferSlice(buffers[$0.buffer], byteOffset: $0.byteOffset) }
        var inputs: [Input: BufferSlice] = [:]
        let touched = plan.steps.flatMap { $0.inputs.compactMap(\.self) } + plan.outputs.map(\.storage)
        for case .input(let index, let backendIndex) in touched
        where inputs[Input(index: index, backendIndex: backendIndex)] == nil {
            let type = plan.graph.type(of: plan.graph.inputs[index])
            let count = (type.concreteShape ?? []).reduce(1, *)
            let buffer = try backends[backendIndex].makeBuffer(
                byteCount: count * backends[backendIndex].storageByteCount(of: type.dtype))
            inputs[Input(index: index, backendIndex: backendIndex)] = BufferSlice(buffer)
        }
        return (slots, inputs)
    }

    /// Resolves the memory of every operand once, ahead of the runs.
    func resolve(_ states: [BufferSlice]) {
        for (index, step) in plan.steps.enumerated() {
            calls[index].inputs = step.inputs.map { $0.map { slice($0, states) } }
            calls[index].outputs = step.outputs.map { $0.map { slice($0, states) } }
        }
    }

    /// The memory of a value.
    func slice(_ storage: Plan.Storage, _ states: [BufferSlice]) -> BufferSlice {
        let slice: BufferSlice? =
            switch storage {
            case .input(let index, let backendIndex): inputs[Input(index: index, backendIndex: backendIndex)]
            case .constant(let placed): constants[placed]
            case .state(let index): states[index]
            case .slot(let index): slots[index]
            }
        guard let slice else { preconditionFailure("a planned value has memory") }
        return slice
    }

    func copyIn(_ tensors: [String: Tensor], _ streams: [any ComputeStream]) throws(BackendError) {
        for (index, id) in plan.graph.inputs.enumerated() {
            for (backendIndex, stream) in streams.enumerated() {
                guard let destination = inputs[Input(index: index, backendIndex: backendIndex)],
                    let tensor = tensors[plan.graph.values[id].name]
                else { continue }
                try stream.copyIn(tensor, to: destination)
            }
        }
    }

    func run() throws(RunError) {
        for (index, call) in calls.enumerated() {
            do {
                try call.instance.run(inputs: call.inputs, outputs: call.outputs)
            } catch {
                throw .backend(error, node: plan.steps[index].placement.node)
            }
        }
    }

    /// Runs with an observer.
    func run(_ observer: any RunObserver, _ streams: [any ComputeStream]) throws(RunError) {
        for (index, call) in calls.enumerated() {
            let step = plan.steps[index]
            let seen = RunStep(
                index: index, placement: step.placement, request: step.request, inputs: call.inputs,
                outputs: call.outputs,
                packed: step.inputs.map(PlanBinding.packed), stream: streams[step.backendIndex])
            do {
                try observer.willRun(seen)
                try call.instance.run(inputs: call.inputs, outputs: call.outputs)
                try observer.didRun(seen)
            } catch {
                throw .backend(error, node: step.placement.node)
            }
        }
    }

    /// A constant that is packed on the device; nil for other storage.
    private static func packed(_ storage: Plan.Storage?) -> Plan.PlacedConstant? {
        guard case .constant(let placed)? = storage, placed.packing != nil else { return nil }
        return placed
    }

    /// The node of an error reported at synchronization; nil if the error names no instance.
    func node(of error: BackendError) -> String? {
        guard case .indexOutOfRange(_, _, _, _, let instance?) = error else { return nil }
        return calls.firstIndex { ObjectIdentifier($0.instance) == instance }.map { plan.steps[$0].placement.node }
    }
}
