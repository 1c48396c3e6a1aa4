import AttendBackend
import AttendGraph

extension Program {
    /// What passes may ask of this program's backend.
    ///
    /// - Parameter symbols: Sizes to offer heads with, to see whether the backend takes them whole.
    func optimizingContext(_ symbols: [String: Int]) throws(GraphError) -> OptimizingContext {
        let (backends, bound) = (backends, try graph.bound(to: symbols))
        var claimed: Set<String> = []
        for node in bound.nodes where optimizer.passes.contains(where: { $0.asksAbout(node) }) {
            let request = KernelRequest(
                operation: node.operation,
                inputs: node.inputs.map { $0.flatMap { operand(bound.type(of: $0)) } },
                outputs: node.outputs.map { operand(bound.type(of: $0)) })
            if (try? backend.prepare(request)) != nil { claimed.insert(node.name) }
        }
        // A backend that holds more digits than float32 would lose them on the way through the host.
        guard backends.allSatisfy({ $0.storageByteCount(of: .float32) == 4 }) else {
            return OptimizingContext(claimed: claimed)
        }
        return OptimizingContext(
            evaluate: {
                try? Program($0, on: backends[0], fallingBackTo: Array(backends.dropFirst()), optimizer: .none)
                    .makeSession().run([:])
            }, claimed: claimed)
    }

    private func operand(_ type: TensorType) -> Operand? {
        type.concreteShape.map { Operand(dtype: type.dtype, layout: Layout(dense: $0)) }
    }
}
