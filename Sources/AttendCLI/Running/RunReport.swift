import AttendModels
import AttendRuntime
import Foundation

/// The report of a run, as a table or as JSON.
struct RunReport {
    let model: String
    /// The type that the model computes in.
    let dtype: DType
    let device: DeviceDescription
    let plan: Plan
    /// The placement of each step, if requested.
    let placements: PlacementReport?
    let texts: [String]
    /// The prompt before each text, or "".
    let prompt: String
    let encodings: [Encoding]
    let embeddings: Tensor
    let similarityFunction: Similarity
    /// The similarities of all pairs of texts; nil above ``comparedLimit``.
    let similarity: [[Double]]?
    let seconds: Double
    let firstSeconds: Double
    /// The number of texts in the first run, which is the first batch.
    let firstCount: Int

    /// The maximum number of texts for a matrix of similarities.
    static let comparedLimit = 2000

    func json() throws -> JSONValue {
        let values = try embeddings.floats()
        let width = values.count / max(texts.count, 1)
        let rows = texts.indices.map { row in
            JSONValue.array(values[(row * width)..<((row + 1) * width)].map { .number(Double("\($0)") ?? Double($0)) })
        }
        let similarities = similarity.map { rows in
            JSONValue.array(rows.map { .array($0.map { .number($0) }) })
        }
        return .object([
            .init("version", .integer(1)), .init("model", .string(model)),
            .init("dtype", .string(dtype.rawValue)), .init("backend", .string(device.backend)),
            .init("device", device.json), .init("placements", plan.placementCounts(placements)),
            .init("texts", .array(texts.map { .string($0) })), .init("prompt", .string(prompt)),
            .init("token_ids", .array(encodings.map { .array($0.ids.map { .integer($0) }) })),
            .init("embeddings", .array(rows)), .init("similarity", similarities ?? .null),
            .init("similarity_function", .string(similarityFunction.rawValue)),
            .init("seconds", .number(seconds)), .init("first_run_seconds", .number(firstSeconds))
        ])
    }

    /// - Parameter width: The width in columns; long texts end in `…`.
    func table(width: Int) -> String {
        var lines = comparison(width)
        lines.append("")
        if similarityFunction != .cosine {
            lines.append("numbers  \(similarityFunction.explanation), the similarity that the model was trained for")
        }
        if !prompt.isEmpty { lines.append("prompt   \"\(prompt)\" before each text") }
        if dtype != .float32 { lines.append("dtype    \(dtype)") }
        lines += [
            "backend  \(device.backend)", "device   \(device.line)", "ran      \(plan.placementSummary)",
            """
            time     \((seconds * 1000).formatted(decimals: 2)) ms for \(Quantity.grouped(texts.count)) \
            text\(texts.count == 1 ? "" : "s") of up to \(encodings.map(\.ids.count).max() ?? 0) tokens (first \
            run\(firstCount < texts.count ? ", of \(Quantity.grouped(firstCount)) of them" : ""), with planning: \
            \((firstSeconds * 1000).formatted(decimals: 1)) ms)
            """
        ]
        return lines.joined(separator: "\n")
    }

    /// The widths of a similarity, of a row's number, and the minimum for a text.
    private static let (cellWidth, indexWidth, leastTextWidth) = (8, 10, 12)

    private func comparison(_ width: Int) -> [String] {
        guard let similarity else {
            return [
                """
                \(Quantity.grouped(texts.count)) texts, more than the \(Quantity.grouped(RunReport.comparedLimit)) \
                that are compared; --json has the embeddings
                """
            ]
        }
        let matrixWidth = RunReport.indexWidth + 2 + RunReport.cellWidth * texts.count + 2
        return matrixWidth + RunReport.leastTextWidth <= width || texts.count <= 3
            ? matrix(similarity, width - matrixWidth) : nearest(similarity, width)
    }

    private var similarityName: String { similarityFunction == .cosine ? "similarity" : similarityFunction.rawValue }

    private func matrix(_ similarity: [[Double]], _ rest: Int) -> [String] {
        [
            similarityName.padding(toLength: RunReport.indexWidth, withPad: " ", startingAt: 0) + "  "
                + texts.indices.map { column("\($0 + 1)") }.joined()
        ]
            + texts.enumerated().map { row, text in
                let cells = similarity[row].map { column($0.formatted(decimals: 3)) }.joined()
                return column("\(row + 1)", width: RunReport.indexWidth) + "  " + cells + "  " + shown(text, rest)
            }
    }

    /// Each text with its most similar one.
    private func nearest(_ similarity: [[Double]], _ width: Int) -> [String] {
        var table = TextTable(left: [1, 4])
        let used = 2 * String(texts.count).count + 4 * 2 + 10
        let rest = max(RunReport.leastTextWidth, (width - used) / 2)
        table.add("", "text", similarityName, "", "most similar text")
        for (row, text) in texts.enumerated() {
            let others = similarity[row].indices.filter { $0 != row }
            guard let best = others.max(by: { similarity[row][$0] < similarity[row][$1] }) else { continue }
            table.add(
                "\(row + 1)", shown(text, rest), similarity[row][best].formatted(decimals: 3), "\(best + 1)",
                shown(texts[best], rest))
        }
        return table.lines()
    }

    private func shown(_ text: String, _ width: Int) -> String {
        let room = max(RunReport.leastTextWidth, width)
        // Only the beginning of a text is read, because it may have megabytes.
        let text = DisplayText.isolated(String(text.prefix(room + 1)))
        let fitted = DisplayText.fitted(text, min(DisplayText.width(text), room))
        return String(fitted.reversed().drop { $0 == " " }.reversed())
    }

    private func column(_ text: String, width: Int = RunReport.cellWidth) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension Similarity {
    fileprivate var explanation: String {
        switch self {
        case .cosine: "cosines"
        case .dot: "dot products"
        case .euclidean: "negative Euclidean distances"
        case .manhattan: "negative Manhattan distances"
        }
    }
}
