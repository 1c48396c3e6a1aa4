import AttendRuntime

/// A run of a graph's only node without the planner, on dense inputs: the planner would treat it as a view and never
/// ask for a kernel.
struct DirectRun {
    private let graph: Graph
    private let backend: any ComputeBackend

    init(_ graph: Graph, on backend: any ComputeBackend) {
        precondition(graph.nodes.count == 1, "a direct case is one node")
        self.graph = graph
        self.backend = backend
    }

    /// Runs the node `times` times with the case's inputs, then with the other ones, and again with the first.
    func run(_ built: BuiltCase, times: Int) throws(RunError) -> CaseRuns {
        let node = graph.nodes[0]
        let request = KernelRequest(
            operation: node.operation, inputs: node.inputs.map { $0.map(operand) },
            outputs: node.outputs.map { operand($0) })
        let kernel: any Kernel
        do throws(UnsupportedOperation) {
            kernel = try backend.prepare(request)
        } catch {
            throw .plan(
                .unsupported(
                    node: node.name, operation: node.operation.versionedName, backend: backend.device.backend,
                    reason: error.reason))
        }
        do throws(BackendError) {
            return try run(kernel, request, node, built, times)
        } catch {
            throw .backend(error, node: node.name)
        }
    }

    private func operand(_ id: Graph.ValueID) -> Operand {
        let type = graph.type(of: id)
        return Operand(dtype: type.dtype, layout: Layout(dense: type.concreteShape ?? []))
    }

    private func run(
        _ kernel: any Kernel, _ request: KernelRequest, _ node: Graph.Node, _ built: BuiltCase, _ times: Int
    ) throws(BackendError) -> CaseRuns {
        let stream = try backend.makeStream()
        let instance = try kernel.makeInstance(on: stream)
        let (inputs, outputs) = (try slices(request.inputs), try slices(request.outputs))
        func results(_ tensors: [String: Tensor]) throws(BackendError) -> [Tensor] {
            for (id, slice) in zip(node.inputs, inputs) {
                guard let id, let slice, let tensor = tensors[graph.values[id].name] else { continue }
                try stream.copyIn(tensor, to: slice)
            }
            try instance.run(inputs: inputs, outputs: outputs)
            var found: [Tensor] = []
            for (slice, operand) in zip(outputs, request.outputs) {
                guard let slice, let operand else { continue }
                found.append(try stream.copyOut(slice, dtype: operand.dtype, shape: operand.shape))
            }
            try stream.synchronize()
            return found
        }
        var runs: [[Tensor]] = []
        for _ in 0..<times { runs.append(try results(built.inputs)) }
        let other = try results(built.others)
        runs.append(try results(built.inputs))
        return CaseRuns(outputs: runs, other: other, kernels: [kernel.name], isDecomposed: false)
    }

    private func slices(_ operands: [Operand?]) throws(BackendError) -> [BufferSlice?] {
        var slices: [BufferSlice?] = []
        for operand in operands {
            guard let operand else {
                slices.append(nil)
                continue
            }
            let byteCount = operand.elementCount * backend.storageByteCount(of: operand.dtype)
            slices.append(BufferSlice(try backend.makeBuffer(byteCount: byteCount)))
        }
        return slices
    }
}
