import Synchronization

/// Constants on the devices: each once in each layout, whatever the number of plans, sessions and variants that read it.
final class WeightStore: Sendable {
    private let backends: [any ComputeBackend]
    private let buffers = Mutex<[Plan.ConstantPlace: any DeviceBuffer]>([:])
    /// Constants that passes made, so that passes over another variant of the graph need not bring the same numbers again.
    private let derived = Mutex<Set<Plan.ConstantPlace.Literal>>([])

    init(_ backends: [any ComputeBackend]) { self.backends = backends }

    /// Bytes on the devices.
    var byteCount: Int { buffers.withLock { $0.values.reduce(0) { $0 + $1.byteCount } } }

    /// The constant on the device; copied there at the first call.
    func buffer(of place: Plan.ConstantPlace) throws(BackendError) -> any DeviceBuffer {
        try buffers.withLock { known throws(BackendError) in
            if let buffer = known[place] { return buffer }
            let buffer = try upload(place.tensor, layout: place.layout, to: backends[place.home])
            known[place] = buffer
            return buffer
        }
    }

    private func upload(
        _ tensor: Tensor, layout: String?, to backend: any ComputeBackend
    ) throws(BackendError) -> any DeviceBuffer {
        if let layout { return try backend.pack(tensor, layout: layout) }
        let stream = try backend.makeStream()
        let buffer = try backend.makeBuffer(
            byteCount: tensor.elementCount * backend.storageByteCount(of: tensor.dtype))
        try stream.copyIn(tensor, to: BufferSlice(buffer))
        try stream.synchronize()
        return buffer
    }

    /// The graph with constants that an earlier variant derived in the place of equal ones that it derived anew.
    ///
    /// - Parameter source: The graph before passes; its constants stay.
    func sharing(_ graph: Graph, given source: Graph) -> Graph {
        let given = Set(source.constants.map { TensorIdentity($0.tensor) })
        var graph = graph
        for (index, constant) in graph.constants.enumerated() where !given.contains(TensorIdentity(constant.tensor)) {
            let literal = Plan.ConstantPlace.Literal(tensor: constant.tensor)
            graph.constants[index].tensor = derived.withLock { $0.insert(literal).memberAfterInsert.tensor }
        }
        return graph
    }
}
