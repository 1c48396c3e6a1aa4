import AttendBackend
import AttendGraph
import Synchronization

/// A program's constants on its devices: each once in each layout, whatever the number of plans, sessions and variants that read
/// it, and of programs on the same backend that read the same tensor.
final class WeightStore: Sendable {
    private let devices: [DeviceConstants]
    private let constants = Mutex<[Plan.PlacedConstant: DeviceConstant]>([:])
    /// Constants that passes made, so that passes over another variant of the graph need not bring the same numbers again.
    private let derived = Mutex<Set<BitwiseTensor>>([])

    init(_ backends: [any ComputeBackend]) { devices = backends.map(DeviceConstants.of) }

    /// Bytes on the devices.
    var byteCount: Int { constants.withLock { $0.values.reduce(0) { $0 + $1.buffer.byteCount } } }

    /// The constant on the device; copied there at the first call.
    func buffer(of placed: Plan.PlacedConstant) throws(BackendError) -> any DeviceBuffer {
        try constants.withLock { known throws(BackendError) in
            if let constant = known[placed] { return constant.buffer }
            let constant = try devices[placed.backendIndex].constant(placed)
            known[placed] = constant
            return constant.buffer
        }
    }

    /// The graph with constants that an earlier variant derived, or that lie on the device for another program, in the place of equal
    /// ones that it derived anew.
    ///
    /// - Parameter source: The graph before passes; its constants stay.
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
