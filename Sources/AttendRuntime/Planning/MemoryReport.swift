import AttendBackend
public import AttendGraph

/// What a plan takes of its devices' memory, in bytes.
public struct MemoryReport: Sendable, Hashable {
    /// Constants, as they are before a kernel packs them; those that plans of one program share count in each.
    public var weightByteCount: Int
    /// States, the old value and the new one.
    public var stateByteCount: Int
    /// Constants that passes made, such as merged projections: the host holds them as well, beside the graph's own.
    public var derivedByteCount: Int
    public var inputByteCount: Int
    /// Values between nodes.
    public var workingByteCount: Int
    /// The most bytes of such values that are alive at once: no plan of these steps could do with less.
    public var largestLiveByteCount: Int
    /// The node during which that is.
    public var largestLiveNode: String?

    /// On the devices.
    public var byteCount: Int {
        [weightByteCount, stateByteCount, inputByteCount, workingByteCount].reduce(0, MemoryReport.sum)
    }

    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    /// What is needed beyond the smallest possible, as a ratio; 1 for a plan without values of its own.
    public var workingRatio: Double {
        largestLiveByteCount == 0 ? 1 : Double(workingByteCount) / Double(largestLiveByteCount)
    }
}

extension MemoryReport: CustomStringConvertible {
    public var description: String {
        "\(byteCount) bytes (weights \(weightByteCount), states \(stateByteCount), inputs \(inputByteCount), values between nodes \(workingByteCount))"
            + (derivedByteCount > 0 ? ", and \(derivedByteCount) on the host for constants that passes made" : "")
    }
}

extension Plan {
    /// What the plan takes of the memory of all its devices. O(steps).
    public var memory: MemoryReport { memory(at: nil) }

    /// - Parameter backendIndex: The backend whose memory is counted; nil for the sum.
    func memory(at backendIndex: Int?) -> MemoryReport {
        var (constants, inputs) = (Set<PlacedConstant>(), Set<Storage>())
        for storage in steps.flatMap({ $0.inputs.compactMap(\.self) }) + outputs.map(\.storage) {
            switch storage {
            case .constant(let placed):
                if backendIndex == nil || placed.backendIndex == backendIndex { constants.insert(placed) }
            case .input(_, let owner): if backendIndex == nil || owner == backendIndex { inputs.insert(storage) }
            case .state, .slot: break
            }
        }
        let states = backendIndex ?? 0 == 0 ? graph.states.map { byteCount(graph.type(of: $0.value)) } : []
        let exclusive = Set(stateUpdates.map { slots[$0.slot].buffer })
        var (updated, working) = (0, 0)
        for (index, buffer) in buffers.enumerated() where backendIndex == nil || buffer.backendIndex == backendIndex {
            if exclusive.contains(index) {
                updated = MemoryReport.sum(updated, buffer.byteCount)
            } else {
                working += buffer.byteCount
            }
        }
        // Sums saturate at `Int.max`: files may ask for more bytes than an `Int` counts.
        return MemoryReport(
            weightByteCount: constants.reduce(0) { $0 + $1.tensor.elementCount * $1.tensor.dtype.byteCount },
            stateByteCount: states.reduce(updated, MemoryReport.sum), derivedByteCount: derivedByteCount,
            inputByteCount: inputs.reduce(0) { sum, storage in
                guard case .input(let index, _) = storage else { return sum }
                return sum + byteCount(graph.type(of: graph.inputs[index]))
            }, workingByteCount: working, largestLiveByteCount: liveSet.byteCount, largestLiveNode: liveSet.node)
    }

    private func byteCount(_ type: TensorType) -> Int {
        (type.concreteShape ?? []).reduce(1, *) * type.dtype.byteCount
    }
}

extension MemoryReport {
    public var json: JSONValue {
        .object([
            .init("weights", .integer(weightByteCount)), .init("states", .integer(stateByteCount)),
            .init("derived", .integer(derivedByteCount)),
            .init("inputs", .integer(inputByteCount)), .init("working", .integer(workingByteCount)),
            .init("largest_live", .integer(largestLiveByteCount)),
            .init("largest_live_node", largestLiveNode.map { .string($0) } ?? .null)
        ])
    }
}
