/// Columns of text with automatic widths, the first left-aligned, the others right-aligned.
struct TextTable {
    private var rows: [[String]] = []
    private let indent: String
    private let leftColumns: Set<Int>

    /// - Parameter left: The left-aligned columns.
    init(indent: Int = 0, left: Set<Int> = [0]) {
        self.indent = String(repeating: " ", count: indent)
        leftColumns = left
    }

    mutating func add(_ cells: String...) { rows.append(cells) }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    func lines() -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? DisplayText.width($0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { DisplayText.fitted($1, widths[$0], right: !leftColumns.contains($0)) }
            return (indent + cells.joined(separator: "  ")).trimmedEnd
        }
    }
}

extension String {
    /// The text without trailing spaces.
    var trimmedEnd: String { String(reversed().drop { $0 == " " }.reversed()) }

    /// The words in lines of at most `width` columns; a longer word has a line of its own.
    func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, DisplayText.width(last) + 1 + DisplayText.width(String(word)) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
