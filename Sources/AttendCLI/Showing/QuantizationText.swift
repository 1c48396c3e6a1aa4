import AttendModels
import AttendRuntime
import Foundation

/// The report of `attend quantize`.
struct QuantizationText {
    let model: String
    let output: String
    let report: QuantizationReport
    /// Matrices that stayed, with their widths.
    let kept: [(name: String, width: Int)]
    let fidelity: Fidelity
    /// Texts of the calibration; nil without.
    let calibrationCount: Int?

    /// Matrices shown in the table: those with the largest errors.
    private static let shownCount = 12

    var lines: [String] {
        var table = TextTable(indent: 0, left: [0, 1])
        table.add("matrix", "shape", "worst error", "mean error")
        let ordered = report.matrices.sorted { ($1.worst, $0.name) < ($0.worst, $1.name) }
        for matrix in ordered.prefix(QuantizationText.shownCount) {
            table.add(
                DisplayText.cleaned(matrix.name), "\(matrix.shape)", QuantizationText.number(matrix.worst),
                QuantizationText.number(matrix.mean))
        }
        var lines = table.lines()
        let rest = ordered.count - QuantizationText.shownCount
        if rest > 0 { lines.append("and \(rest) more with smaller errors (--json has all)") }
        for (name, width) in kept { lines.append("kept, its rows of \(width) are no whole groups: \(name)") }
        let (before, after) = (report.byteCountBefore, report.byteCountAfter)
        lines += [
            "",
            "\(report.matrices.count) matrices in \(report.form), integers chosen "
                + (calibrationCount.map { "by the activations on \($0) texts" } ?? "by the weights alone"),
            "weights: \(Quantity.bytes(before)) before, \(Quantity.bytes(after)) after, "
                + "\(Quantity.percent(after, of: max(before, 1)))",
            summary, "written to \(output)"
        ]
        return lines
    }

    private var summary: String {
        switch fidelity {
        case .embeddings(let cosines):
            let (least, mean) = QuantizationText.leastAndMean(cosines)
            return "embeddings of \(cosines.count) texts: cosine \(least.formatted(decimals: 6)) at least, "
                + "\(mean.formatted(decimals: 6)) on average"
        case .logits(let divergences):
            let mean = divergences.reduce(0, +) / Double(max(1, divergences.count))
            return
                "logits at \(divergences.count) tokens: divergence \(QuantizationText.number(divergences.max() ?? 0)) "
                + "nats at most, \(QuantizationText.number(mean)) on average"
        case .unmeasured(let reason): return "not compared on texts: \(reason)"
        }
    }

    private static func leastAndMean(_ numbers: [Double]) -> (Double, Double) {
        (numbers.min() ?? 1, numbers.reduce(0, +) / Double(max(1, numbers.count)))
    }

    /// Three digits.
    private static func number(_ value: Double) -> String { String(format: "%.3g", value) }

    var json: JSONValue {
        let comparison: JSONValue
        switch fidelity {
        case .embeddings(let cosines):
            let (least, mean) = QuantizationText.leastAndMean(cosines)
            comparison = .object([
                .init("measure", .string("cosine")), .init("texts", .integer(cosines.count)),
                .init("minimum", .number(least)), .init("mean", .number(mean))
            ])
        case .logits(let divergences):
            comparison = .object([
                .init("measure", .string("divergence")), .init("tokens", .integer(divergences.count)),
                .init("maximum", .number(divergences.max() ?? 0)),
                .init("mean", .number(divergences.reduce(0, +) / Double(max(1, divergences.count))))
            ])
        case .unmeasured(let reason):
            comparison = .object([.init("measure", .null), .init("reason", .string(reason))])
        }
        return .object([
            .init("version", .integer(1)), .init("model", .string(model)), .init("output", .string(output)),
            .init("bits", .integer(report.form.bits)), .init("group", .integer(report.form.group)),
            .init("calibration_texts", calibrationCount.map { .integer($0) } ?? .null),
            .init(
                "matrices",
                .array(
                    report.matrices.map {
                        .object([
                            .init("name", .string($0.name)), .init("shape", .array($0.shape.map { .integer($0) })),
                            .init("worst", .number($0.worst)), .init("mean", .number($0.mean))
                        ])
                    })),
            .init("kept", .array(kept.map { .string($0.name) })),
            .init("left_out", .array(report.leftOut.map { .string($0) })),
            .init("bytes_before", .integer(report.byteCountBefore)),
            .init("bytes_after", .integer(report.byteCountAfter)), .init("comparison", comparison)
        ])
    }
}
