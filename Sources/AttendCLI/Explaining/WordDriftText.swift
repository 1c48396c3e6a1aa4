import AttendModels
import AttendRuntime
import Foundation

/// The drift of a word's vectors, as text and as JSON.
struct WordDriftText {
    let drift: WordDrift
    let width: Int
    let color: Bool

    private var pairs: [(Int, Int)] {
        drift.texts.indices.flatMap { first in drift.texts.indices.dropFirst(first + 1).map { (first, $0) } }
    }

    func lines() -> [String] {
        let word = DisplayText.cleaned(drift.word)
        let texts = drift.texts.enumerated().map { "  \($0 + 1)  \(DisplayText.isolated($1))" }
        let row =
            drift.hasOneRow
            ? """
            "\(word)" is row \(Quantity.grouped(drift.id)) of the embedding table in every text, bit for bit the \
            same. Then attention mixes in the context:
            """
            : "\"\(word)\" does not have the same row of the embedding table in every text."
        let title = Painted.painted(
            "\"\(word)\" in \(drift.texts.count) text\(drift.texts.count == 1 ? "" : "s")", .title, color: color)
        return [title] + texts + row.wrapped(to: width - 2).map { "  \($0)" } + [""] + table() + [""]
            + "Cosines of the angles between its vectors: 1 is the same direction, 0 a right angle.".wrapped(
                to: width - 2
            )
            .map { "  \($0)" }
    }

    private func table() -> [String] {
        let names = drift.stages.map(\.name)
        let labelWidth = max(14, names.map(DisplayText.width).max() ?? 0)
        let bar = max(4, min(24, (width - labelWidth - 4) / max(pairs.count, 1) - 8))
        let head = pairs.map { DisplayText.fitted("\($0 + 1) and \($1 + 1)", bar + 6) }
        let start = String(repeating: " ", count: labelWidth + 4)
        return [(start + head.joined(separator: "  ")).trimmedEnd]
            + drift.stages.map { stage in
                let cells = pairs.map { cell(stage.cosines[$0][$1], bar) }
                return ("  " + DisplayText.fitted(stage.name, labelWidth) + "  " + cells.joined(separator: "  "))
                    .trimmedEnd
            }
    }

    private func cell(_ cosine: Double, _ bar: Int) -> String {
        let filled = cosine.isFinite ? Int((max(0, min(1, cosine)) * Double(bar)).rounded()) : 0
        let number = DisplayText.fitted(cosine.formatted(decimals: 3), 6, right: true)
        let marks = String(repeating: "█", count: filled)
        let rest = String(repeating: "░", count: bar - filled)
        return number.trimmedStart + " " + Painted.painted(marks, .middling, color: color)
            + Painted.painted(rest, .faint, color: color)
    }

    static func json(_ drifts: [WordDrift], model: String, device: DeviceDescription) -> JSONValue {
        let list = drifts.map { drift in
            JSONValue.object([
                .init("word", .string(drift.word)), .init("texts", .array(drift.texts.map { .string($0) })),
                .init("row", .integer(drift.id)), .init("one_row", .bool(drift.hasOneRow)),
                .init("places", .sizes(drift.places)),
                .init(
                    "stages",
                    .array(
                        drift.stages.map { stage in
                            .object([
                                .init("name", .string(stage.name)),
                                .init("cosines", .array(stage.cosines.map { .array($0.map { .exact($0) }) }))
                            ])
                        }))
            ])
        }
        return .object([
            .init("version", .integer(1)), .init("model", .string(model)), .init("backend", .string(device.backend)),
            .init("device", device.json), .init("words", .array(list))
        ])
    }
}

extension String {
    /// The text without leading spaces.
    fileprivate var trimmedStart: String { String(drop { $0 == " " }) }
}
