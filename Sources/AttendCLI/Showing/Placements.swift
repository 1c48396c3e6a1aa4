import AttendRuntime

/// The placement of a plan's operations, as text and JSON.
extension Plan {
    /// The number of kernels on each backend, in the order of first use.
    private var kernelCounts: [(backend: String, count: Int)] {
        var counts: [(backend: String, count: Int)] = []
        for place in placements where place.source == nil {
            if let index = counts.firstIndex(where: { $0.backend == place.backend }) {
                counts[index].count += 1
            } else {
                counts.append((place.backend, 1))
            }
        }
        return counts
    }

    /// The backends that run a kernel.
    var runningBackends: [String] { kernelCounts.map(\.backend) }

    private var copies: (count: Int, byteCount: Int) {
        let copies = placements.filter { $0.source != nil }
        return (copies.count, Int(saturating: copies.reduce(0) { $0 + $1.cost.bytes }))
    }

    /// A summary such as `6 kernels on fused, 127 kernels on simd, 24 copies between them of 73728 bytes`.
    var placementSummary: String {
        let parts = kernelCounts.map { "\($0.count) kernels on \($0.backend)" }
        let (count, byteCount) = copies
        let between = count == 0 ? [] : ["\(count) copies between them of \(byteCount) bytes"]
        return parts.isEmpty ? "no kernels" : (parts + between).joined(separator: ", ")
    }

    /// The number of kernels on each backend, and each step if a report of them is given.
    func placementCounts(_ report: PlacementReport? = nil) -> JSONValue {
        let (count, byteCount) = copies
        let members: [JSONValue.Member] = [
            .init("kernels", .object(kernelCounts.map { .init($0.backend, .integer($0.count)) })),
            .init("copies", .integer(count)), .init("copied_bytes", .integer(byteCount))
        ]
        return .object(members + (report.map { [.init("steps", $0.json)] } ?? []))
    }
}

extension PlacementReport {
    /// A table with one line per step; with times if there is a profile.
    var table: String {
        let isTimed = rows.contains { $0.seconds != nil }
        var table = TextTable(left: [0, 1, 2, 3, isTimed ? 5 : 4])
        table.add(["node", "operation", "backend", "kernel"] + (isTimed ? ["time"] : []) + ["because"])
        for row in rows {
            let place = row.placement
            let time = row.seconds.map { "\(Quantity.digits($0 * 1e6)) µs" } ?? "–"
            table.add(
                [place.node, place.operation, place.backend, place.kernel] + (isTimed ? [time] : [])
                    + [place.reason ?? "it has the kernel"])
        }
        return table.lines().joined(separator: "\n")
    }
}
