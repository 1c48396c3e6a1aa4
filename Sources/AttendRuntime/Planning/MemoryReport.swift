import AttendBackend
public import AttendGraph

/// Memory use of a plan on its devices, in bytes.
public struct MemoryReport: Sendable, Hashable {
    /// Constants, before packing by kernels. Constants shared by several plans of a program count in each plan.
    public var weightByteCount: Int
    /// States: the old and the new value of each.
    public var stateByteCount: Int
    /// Constants made by passes, such as merged projections. The host holds them too, in addition to the graph's own.
    public var derivedByteCount: Int
    /// Graph inputs, once per backend that reads them.
    public var inputByteCount: Int
    /// Buffers for values between nodes.
    public var workingByteCount: Int
    /// The largest number of bytes of values between nodes alive at once: a lower bound for ``workingByteCount`` with
    /// these steps.
    public var largestLiveByteCount: Int
    /// The node at which that maximum occurs; nil without values between nodes.
    public var largestLiveNode: String?

    /// Total on the devices: weights, states, inputs and working memory. Saturates at `Int.max`.
    public var byteCount: Int {
        [weightByteCount, stateByteCount, inputByteCount, workingByteCount].reduce(0, MemoryReport.sum)
    }

    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    /// Ratio of ``workingByteCount`` to ``largestLiveByteCount``; 1 for a plan without values between nodes.
    public var workingRatio: Double {
        largestLiveByteCount == 0 ? 1 : Double(workingByteCount) / Double(largestLiveByteCount)
    }
}

extension MemoryReport: CustomStringConvertible {
    /// A single line with the total and its parts.
    public var description: String {
        "\(byteCount) bytes (weights \(weightByteCount), states \(stateByteCount), inputs \(inputByteCount), "
            + "values between nodes \(workingByteCount))"
            + (derivedByteCount > 0 ? ", and \(derivedByteCount) on the host for constants derived by passes" : "")
    }
}

extension Plan {
    /// Memory use of the plan on all its devices together. O(steps).
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
        // Sums saturate at `Int.max`: a model file may ask for more bytes than `Int` can represent.
        return MemoryReport(
            weightByteCount: constants.reduce(0) { $0 + $1.content.byteCount },
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
    /// An object with the byte counts under snake_case keys.
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
