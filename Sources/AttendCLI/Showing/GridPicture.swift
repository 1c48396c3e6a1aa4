import AttendRuntime
import Foundation

/// An attention pattern as a text picture: queries down, keys across, darker for more attention.
struct GridPicture {
    let output: ShownOutput
    let color: Bool
    /// The width of the terminal in columns.
    let width: Int

    /// The lower limit of each shade, as a share of the largest weight.
    private static let shades: [(from: Float, mark: Character, color: String)] = [
        (0.05, "░", "38;5;61"), (0.25, "▒", "38;5;31"), (0.5, "▓", "38;5;35"), (0.75, "█", "38;5;220")
    ]

    /// Throws for types other than a matrix of floats, before the graph runs.
    static func check(_ name: String, _ type: TensorType) throws(ShowError) {
        guard type.rank >= 2 else {
            throw .noGrid(
                name: name, type: "\(type)", reason: "expected at least two dimensions, found \(type.rank)")
        }
        guard type.dtype.isFloatingPoint else {
            throw .noGrid(name: name, type: "\(type)", reason: "its elements are not floating-point numbers")
        }
    }

    /// - Throws: ``ShowError/negative(name:value:)``.
    func lines() throws -> [String] {
        let weights = try output.tensor.floats()
        if let negative = weights.first(where: { $0 < 0 }) {
            throw ShowError.negative(name: output.name, value: negative)
        }
        let largest = weights.lazy.filter(\.isFinite).max() ?? 0
        let columns = Columns(output, fitting: width)
        var lines: [String] = []
        for sheet in Sheet.all(of: output.tensor.shape) {
            if let title = sheet.title(output.name) { lines.append(title) }
            lines += columns.header
            for (index, row) in sheet.rows.enumerated() {
                let cells = weights[row].map { cell($0, largest, columns.cellWidth) }
                lines.append(columns.label(index) + cells.joined(separator: columns.gap))
            }
        }
        // Trailing spaces would wrap on a narrow terminal.
        return (lines + [legend(largest)]).map { String($0.reversed().drop { $0 == " " }.reversed()) }
    }

    private func cell(_ weight: Float, _ largest: Float, _ width: Int) -> String {
        guard weight.isFinite else { return DisplayText.fitted("?", width) }
        guard let shade = Self.shades.last(where: { largest > 0 && weight >= $0.from * largest }) else {
            return DisplayText.fitted("·", width)
        }
        let marks = String(repeating: shade.mark, count: width)
        return color ? "\u{1B}[\(shade.color)m\(marks)\u{1B}[0m" : marks
    }

    private func legend(_ largest: Float) -> String {
        func number(_ value: Float) -> String { value.isNaN ? "nan" : String(format: "%.2g", Double(value)) }
        let parts = Self.shades.map { "\(cell($0.from * largest, largest, 1)) from \(number($0.from * largest))" }
        return largest > 0
            ? "· less  \(parts.joined(separator: "  "))  largest \(String(format: "%.3g", Double(largest)))"
            : "· nothing is above 0"
    }
}

/// The widths and labels of a grid's columns.
private struct Columns {
    let cellWidth: Int
    let gap: String
    let header: [String]
    private let labels: [String]
    private let labelWidth: Int

    /// Horizontal labels if they fit; else vertical ones above narrow columns.
    init(_ output: ShownOutput, fitting width: Int) {
        let shape = output.tensor.shape
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        labels = output.rowLabels ?? (0..<rows).map(String.init)
        labelWidth = min(16, labels.map(DisplayText.width).max() ?? 0)
        let words = output.columnLabels ?? (0..<columns).map(String.init)
        let widest = min(12, max(3, words.map(DisplayText.width).max() ?? 0))
        let start = String(repeating: " ", count: labelWidth + 1)
        if labelWidth + columns * (widest + 1) <= width {
            (cellWidth, gap) = (widest, " ")
            header = [start + words.map { DisplayText.fitted($0, widest) }.joined(separator: " ")]
        } else {
            let narrow = labelWidth + 1 + columns * 2 <= width ? 2 : 1
            (cellWidth, gap) = (narrow, "")
            let letters = words.map { word in Array(word).map { DisplayText.fitted(String($0), narrow) } }
            let blank = String(repeating: " ", count: narrow)
            header = (0..<(letters.map(\.count).max() ?? 0)).map { depth in
                start + letters.map { depth < $0.count ? $0[depth] : blank }.joined()
            }
        }
    }

    func label(_ row: Int) -> String { DisplayText.fitted(labels[row], labelWidth) + " " }
}
