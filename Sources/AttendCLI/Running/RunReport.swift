import Attend
import AttendCore

/// What a run gives, as a table or as JSON.
struct RunReport {
    let model: String
    let device: DeviceDescription
    let plan: Plan
    /// Each step, where that is wanted.
    let placements: PlacementReport?
    let texts: [String]
    let encodings: [Encoding]
    let embeddings: Tensor
    let similarity: [[Double]]
    let seconds: Double
    let firstSeconds: Double

    func json() throws -> JSONValue {
        let values = try embeddings.floats()
        let width = values.count / max(texts.count, 1)
        let rows = texts.indices.map { row in
            JSONValue.array(values[(row * width)..<((row + 1) * width)].map { .number(Double("\($0)") ?? Double($0)) })
        }
        return .object([
            .init("version", .integer(1)), .init("model", .string(model)), .init("backend", .string(device.backend)),
            .init("device", device.json), .init("placements", plan.placementCounts(placements)),
            .init("texts", .array(texts.map { .string($0) })),
            .init("token_ids", .array(encodings.map { .array($0.ids.map { .integer($0) }) })),
            .init("embeddings", .array(rows)),
            .init("similarity", .array(similarity.map { .array($0.map { .number($0) }) })),
            .init("seconds", .number(seconds)), .init("first_run_seconds", .number(firstSeconds))
        ])
    }

    func table() -> String {
        var lines = ["similarity  " + texts.indices.map { column("\($0 + 1)") }.joined()]
        for (row, text) in texts.enumerated() {
            let cells = similarity[row].map { column($0.formatted(decimals: 3)) }.joined()
            lines.append(column("\(row + 1)", width: 10) + "  " + cells + "  " + text)
        }
        lines += [
            "", "backend  \(device.backend)", "device   \(device.line)", "ran      \(plan.placementSummary)",
            "time     \((seconds * 1000).formatted(decimals: 2)) ms for \(texts.count) texts of up to \(encodings.map(\.ids.count).max() ?? 0) tokens (first run, with planning: \((firstSeconds * 1000).formatted(decimals: 1)) ms)"
        ]
        return lines.joined(separator: "\n")
    }

    private func column(_ text: String, width: Int = 8) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
