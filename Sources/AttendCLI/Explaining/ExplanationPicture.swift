import AttendModels

/// An explanation as a picture, with the steps from top to bottom.
struct ExplanationPicture {
    private let explanation: Explanation
    private let layout: FigureLayout

    private static let width = 1000.0
    private static let margin = 40.0
    private static let side = 30.0
    private static let labelWidth = 110.0
    /// The maximum number of tokens and components in a figure.
    private static let limit = 24

    init(_ explanation: Explanation, _ layout: FigureLayout) {
        self.explanation = explanation
        self.layout = layout
    }

    var document: String {
        // The height is known after drawing.
        var probe = SVG(width: 1, height: 1, title: "")
        let height = draw(&probe)
        var svg = SVG(
            width: ExplanationPicture.width, height: height,
            title:
                """
                Attention, step by step: \
                \(explanation.model.tokens.prefix(64).map { String($0.prefix(40)) }.joined(separator: " "))
                """
        )
        _ = draw(&svg)
        return svg.document
    }

    /// Draws all steps.
    ///
    /// - Returns: The height.
    private func draw(_ svg: inout SVG) -> Double {
        var y = 40.0
        let (left, model) = (ExplanationPicture.margin, explanation.model)
        svg.text(
            model.tokens.prefix(24).map { DisplayText.fitted($0, min(DisplayText.width($0), 24)) }.joined(
                separator: " "),
            x: left, y: y, size: 20)
        y += 22
        let place = "Layer \(explanation.layer), head \(explanation.head) of \(model.title). \(model.origin)"
        y = paragraph(place, &svg, y, size: 13, color: .faint)
        for step in explanation.steps {
            y += 34
            svg.text("\(step.step.number). \(step.title)", x: left, y: y, size: 17)
            y += 20
            svg.text(step.formula, x: left, y: y, size: 13, color: .blue)
            y = paragraph(step.sentence, &svg, y + 19, size: 13, color: .text)
            for figure in step.figures { y = draw(figure, &svg, y + 8) }
        }
        return y + ExplanationPicture.margin
    }

    private func paragraph(_ text: String, _ svg: inout SVG, _ y: Double, size: Double, color: SVG.Color) -> Double {
        var y = y
        for line in text.wrapped(to: 135) {
            svg.text(line, x: ExplanationPicture.margin, y: y, size: size, color: color)
            y += size + 5
        }
        return y
    }

    private func draw(_ figure: Figure, _ svg: inout SVG, _ y: Double) -> Double {
        switch figure {
        case .facts(let facts):
            let texts = FigureText(layout: layout, width: 140, color: false, showsValues: false).lines(.facts(facts))
            var y = y + 6
            for text in texts {
                svg.text(text, x: ExplanationPicture.margin + 12, y: y, size: 12)
                y += 16
            }
            return y
        case .vectors(let figure):
            let shown = figure.shownComponents
            let cells = Cells(
                rows: figure.labels, columns: shown.map { figure.components?[$0] ?? String($0) },
                values: figure.values.map { vector in shown.map { vector[$0] } }, isDots: false)
            return draw(layout == .film ? cells.turned : cells, named: figure.name, &svg, y)
        case .grid(let figure):
            var cells = Cells(
                rows: figure.queries, columns: figure.keys, values: figure.values, isDots: figure.style == .dots)
            if figure.showsSums {
                cells.columns.append("sum")
                cells.values = zip(cells.values, figure.sums).map { $0 + [$1] }
                cells.hasSums = true
            }
            let sides = layout == .film ? "queries across, keys down" : "queries down, keys across"
            return draw(layout == .film ? cells.turned : cells, named: "\(figure.name): \(sides)", &svg, y)
        }
    }

    private struct Cells {
        var rows: [String]
        var columns: [String]
        var values: [[Float]]
        var isDots: Bool
        /// Whether the last column, or the last row in the transposed form, has sums.
        var hasSums = false
        var isTurned = false

        var turned: Cells {
            Cells(
                rows: columns, columns: rows, values: columns.indices.map { column in values.map { $0[column] } },
                isDots: isDots, hasSums: hasSums, isTurned: true)
        }

        func isSum(_ row: Int, _ column: Int) -> Bool {
            hasSums && (isTurned ? row == rows.count - 1 : column == columns.count - 1)
        }
    }

    private func draw(_ cells: Cells, named name: String, _ svg: inout SVG, _ y: Double) -> Double {
        let (side, limit) = (ExplanationPicture.side, ExplanationPicture.limit)
        let left = ExplanationPicture.margin + ExplanationPicture.labelWidth
        let wide = min(
            84,
            (ExplanationPicture.width - left - ExplanationPicture.margin)
                / Double(max(1, min(limit, cells.columns.count))))
        svg.text(name, x: ExplanationPicture.margin, y: y + 12, size: 12, color: .faint)
        for (column, word) in cells.columns.prefix(limit).enumerated() {
            svg.text(
                DisplayText.fitted(word, min(DisplayText.width(word), Int(wide / 7))),
                x: left + (Double(column) + 0.5) * wide, y: y + 30, size: 11, anchor: .middle)
        }
        let top = y + 36
        let largest = cells.values.joined().filter(\.isFinite).map(abs).max() ?? 0
        for (row, values) in cells.values.prefix(limit).enumerated() {
            let middle = top + (Double(row) + 0.5) * side
            let word = cells.rows[row]
            svg.text(
                DisplayText.fitted(word, min(DisplayText.width(word), 16)), x: left - 8, y: middle + 4, size: 11,
                anchor: .end)
            for (column, value) in values.prefix(limit).enumerated() {
                let x = left + (Double(column) + 0.5) * wide
                if cells.isDots, !cells.isSum(row, column) {
                    // The dot's area is the share.
                    let radius = max(0, Double(value)).squareRoot() * (side / 2 - 2)
                    if value.isFinite, radius >= 0.3 { svg.circle(x: x, y: middle, radius: radius, fill: .blue) }
                    continue
                }
                let strength = value.isFinite && largest > 0 ? 0.55 * abs(Double(value / largest)) : 0
                if strength >= 0.01, !cells.isSum(row, column) {
                    svg.rectangle(
                        x: x - wide / 2 + 1, y: middle - side / 2 + 1, width: wide - 2, height: side - 2,
                        fill: value < 0 ? .orange : .blue, opacity: strength)
                }
                svg.text(
                    NumberText.cell(value), x: x, y: middle + 4, size: wide < 40 ? 9 : 11, anchor: .middle,
                    color: cells.isSum(row, column) && abs(value - 1) > 1e-3 ? .orange : value.isFinite ? .text : .faint
                )
            }
        }
        let shown = min(limit, cells.values.count)
        var end = top + Double(shown) * side + 6
        if cells.rows.count > limit || cells.columns.count > limit {
            svg.text(
                "…: \(cells.rows.count) × \(cells.columns.count) in all; --json has every number", x: left, y: end + 8,
                size: 11, color: .faint)
            end += 18
        }
        return end
    }
}
