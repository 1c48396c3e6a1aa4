import AttendBackend
import AttendGraph
import Synchronization

/// A program's constants on its devices: one copy per layout, shared by all plans, sessions and variants, and by
/// programs on the same backend that use the same tensor.
final class WeightStore: Sendable {
    private let devices: [DeviceConstants]
    private let constants = Mutex<[Plan.PlacedConstant: DeviceConstant]>([:])
    /// Constants made by passes, so that optimizing another variant of the graph reuses equal ones.
    private let derived = Mutex<Set<BitwiseTensor>>([])

    init(_ backends: [any ComputeBackend]) { devices = backends.map(DeviceConstants.of) }

    /// Bytes on the devices.
    var byteCount: Int { constants.withLock { $0.values.reduce(0) { $0 + $1.buffer.byteCount } } }

    /// The constant on the device, uploaded at the first call.
    func buffer(of placed: Plan.PlacedConstant) throws(BackendError) -> any DeviceBuffer {
        try constants.withLock { known throws(BackendError) in
            if let constant = known[placed] { return constant.buffer }
            let constant = try devices[placed.backendIndex].constant(placed)
            known[placed] = constant
            return constant.buffer
        }
    }

    /// The graph with newly derived constants replaced by equal ones that an earlier variant derived or that another
    /// program has uploaded.
    ///
    /// - Parameter source: The graph before passes; its constants are not replaced.
    func sharing(_ graph: Graph, given source: Graph) -> Graph {
        let given = Set(source.constants.map { TensorIdentity($0.tensor) })
        var graph = graph
        for (index, constant) in graph.constants.enumerated() where !given.contains(TensorIdentity(constant.tensor)) {
            let literal = BitwiseTensor(constant.tensor)
            graph.constants[index].tensor = derived.withLock { derived in
                let (isNew, member) = derived.insert(literal)
                guard isNew, let other = devices[0].constant(equalTo: literal) else { return member.tensor }
                derived.update(with: other)
                return other.tensor
            }
        }
        return graph
    }
}
