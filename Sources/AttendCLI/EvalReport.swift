import AttendRuntime

/// The report of `eval` on a run.
struct EvalReport {
    let graph: Graph
    let device: DeviceDescription
    let plan: Plan
    let placements: PlacementReport
    let results: [String: Tensor]
    /// The outputs whose values are in the JSON.
    let printed: Set<String>
    let comparisons: [Comparison]
    let seconds: Double

    private var sorted: [(name: String, tensor: Tensor)] {
        results.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The outputs, one per line.
    var outputs: String { sorted.map { $0.tensor.line(named: $0.name) }.joined(separator: "\n") }

    var summary: String {
        // The device is the named backend's, without others.
        let isAlone = plan.runningBackends.allSatisfy { $0 == device.backend }
        let place = isAlone ? "\(plan.placementSummary) (\(device.line))" : plan.placementSummary
        return "\(place), \((seconds * 1000).formatted(decimals: 2)) ms"
    }

    func json() -> JSONValue {
        let outputs = sorted.map { name, tensor in
            var members = tensor.summary(named: name)
            if printed.contains(name) { members.append(.init("data", .array(data(tensor)))) }
            return JSONValue.object(members)
        }
        let differences = comparisons.map { comparison in
            JSONValue.object([
                .init("name", .string(comparison.name)), .init("worst", number(comparison.worst)),
                .init("within_tolerance", .bool(comparison.fault == nil))
            ])
        }
        return .object(
            [
                .init("version", .integer(1)), .init("graph", .string(graph.name)),
                .init("backend", .string(device.backend)), .init("device", device.json),
                .init("outputs", .array(outputs)), .init("placements", placements.json)
            ] + (differences.isEmpty ? [] : [.init("differences", .array(differences))]) + [
                .init("working_bytes", .integer(plan.workingByteCount)), .init("memory", plan.memory.json),
                .init("seconds", .number(seconds))
            ])
    }

    /// The values, flat and row-major as in a graph file; floats with the fewest digits that preserve them.
    private func data(_ tensor: Tensor) -> [JSONValue] {
        switch tensor.storage {
        case .float32, .float16, .bfloat16:
            ((try? tensor.floats()) ?? []).map { number(Double("\($0)") ?? Double($0)) }
        case .int32(let values): values.map { .integer(Int($0)) }
        case .int64(let values): values.map { .integer(Int($0)) }
        case .bool(let values): values.map { .bool($0 != 0) }
        }
    }

    private func number(_ value: Double) -> JSONValue {
        if value.isNaN { return .string("nan") }
        return value.isFinite ? .number(value) : .string(value < 0 ? "-inf" : "inf")
    }
}
