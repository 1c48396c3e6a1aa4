import AttendBackend
import AttendGraph

extension Program {
    /// The optimizer's view of this program's backends.
    ///
    /// - Parameter symbols: Sizes used to test which composites the backend accepts whole.
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
        // A backend with more precision than float32 would lose it on the way through the host.
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
