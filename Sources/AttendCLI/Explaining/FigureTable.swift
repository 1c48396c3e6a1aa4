/// A table of cells with column and row labels, split into several tables to fit the width.
struct FigureTable {
    var rows: [String]
    var columns: [String]
    /// `cells[row][column]`.
    var cells: [[Painted]]
    /// A final row or column without a label of its own.
    var rowTail: (label: String, cells: [Painted])?
    var columnTail: (label: String, cells: [Painted])?

    /// The layout of a table on a terminal.
    struct Frame {
        var width: Int
        var color: Bool
        /// The maximum number of rows.
        var rowLimit = Int.max
        var columnLimit = Int.max
        static let indent = 4
    }

    func lines(in frame: Frame) -> [String] {
        let shownRows = min(rows.count, frame.rowLimit)
        let shownColumns = min(columns.count, frame.columnLimit)
        let names = rows.prefix(shownRows).map(DisplayText.isolated) + (rowTail.map { [$0.label] } ?? [])
        let labelWidth = min(16, names.map(DisplayText.width).max() ?? 0)
        let available = frame.width - Frame.indent - labelWidth
        let heads = columns.prefix(shownColumns).map(DisplayText.isolated) + (columnTail.map { [$0.label] } ?? [])
        let widest = cellWidth(shownRows, shownColumns)
        let wish = min(14, heads.map(DisplayText.width).max() ?? 0)
        let even = available / max(heads.count, 1) - 1
        let cell = max(widest, min(wish, even), 3)
        let perPanel = max(1, available / (cell + 1))

        var lines: [String] = []
        for start in stride(from: 0, to: max(heads.count, 1), by: perPanel) {
            if start > 0 { lines.append("") }
            let panel = start..<min(start + perPanel, heads.count)
            lines += header(panel.map { heads[$0] }, labelWidth, cell)
            for (index, name) in names.enumerated() {
                let painted = panel.map { self.cell(index, $0, shownRows, shownColumns) }
                let line = painted.map { $0.fitted(cell, color: frame.color) }.joined(separator: " ")
                lines.append(indented(DisplayText.fitted(name, labelWidth) + " " + line))
            }
        }
        return lines + more(shownRows, shownColumns)
    }

    private func more(_ shownRows: Int, _ shownColumns: Int) -> [String] {
        var parts: [String] = []
        if shownRows < rows.count { parts.append("\(rows.count - shownRows) more rows") }
        if shownColumns < columns.count { parts.append("\(columns.count - shownColumns) more columns") }
        return parts.isEmpty ? [] : [indented("… \(parts.joined(separator: " and ")); --values shows all")]
    }

    private func indented(_ line: String) -> String { String(repeating: " ", count: Frame.indent) + line }

    private func cell(_ row: Int, _ column: Int, _ shownRows: Int, _ shownColumns: Int) -> Painted {
        if row == shownRows {
            return column < shownColumns ? rowTail?.cells[column] ?? Painted(text: "") : Painted(text: "")
        }
        return column == shownColumns ? columnTail?.cells[row] ?? Painted(text: "") : cells[row][column]
    }

    private func cellWidth(_ shownRows: Int, _ shownColumns: Int) -> Int {
        let inner = cells.prefix(shownRows).flatMap { $0.prefix(shownColumns) }
        let tails = (rowTail?.cells.prefix(shownColumns) ?? []) + (columnTail?.cells.prefix(shownRows) ?? [])
        return (inner + tails).map { DisplayText.width($0.text) }.max() ?? 0
    }

    /// The column labels; a label longer than its column continues below.
    private func header(_ words: [String], _ labelWidth: Int, _ cell: Int) -> [String] {
        let pieces = words.map { DisplayText.pieces($0, cell, limit: 4) }
        let start = String(repeating: " ", count: labelWidth + 1)
        return (0..<(pieces.map(\.count).max() ?? 0)).map { depth in
            let line = pieces.map { DisplayText.fitted(depth < $0.count ? $0[depth] : "", cell, right: true) }
            return indented(start + line.joined(separator: " ")).trimmedEnd
        }
    }
}
