import AttendModels
import Foundation

/// A chart of the growing context: attention patterns as squares to one scale, so that context² is an area, and beside
/// them the bytes of all patterns and of the keys and values, both axes logarithmic.
struct CountChart {
    private let report: CountReport

    init(_ report: CountReport) { self.report = report }

    private static let (top, side, left) = (90.0, 360.0, 40.0)

    var document: String {
        var svg = SVG(width: 1000, height: 520, title: "\(report.model.title): attention as the context grows")
        svg.text(report.model.title, x: CountChart.left, y: 34, size: 20)
        svg.text(
            "Attention as the context grows (\(report.dtype), one sequence)", x: CountChart.left, y: 56, color: .faint)
        squares(&svg)
        curves(&svg)
        return svg.document
    }

    /// Each pattern as a square, with a common lower left corner.
    private func squares(_ svg: inout SVG) {
        let costs = report.costs.sorted { $0.patternCells > $1.patternCells }
        guard let largest = costs.first?.patternCells, largest > 0 else { return }
        let (left, bottom) = (CountChart.left, CountChart.top + CountChart.side)
        svg.text("One attention pattern: queries × keys", x: left, y: CountChart.top - 12)
        for cost in costs {
            let side = CountChart.side * (Double(cost.patternCells) / Double(largest)).squareRoot()
            svg.rectangle(
                x: left, y: bottom - side, width: side, height: side, fill: .blue, opacity: 0.15, stroke: .blue)
            guard side >= 40 else { continue }
            svg.text(
                Quantity.grouped(cost.tokens), x: left + side - 4, y: bottom - side + 14, size: 11, anchor: .end,
                color: .blue)
        }
        var y = bottom + 22
        for cost in costs.prefix(2) {
            svg.text(
                """
                \(Quantity.grouped(cost.tokens)) tokens: \(Quantity.grouped(cost.patternCells)) cells, \
                \(Quantity.bytes(report.bytes(cost.patternCells)))
                """,
                x: left, y: y, size: 12)
            y += 17
        }
    }

    private func curves(_ svg: inout SVG) {
        let costs = report.costs.sorted { $0.tokens < $1.tokens }
        let series: [(name: String, color: SVG.Color, values: [Int])] = [
            ("all patterns", .orange, costs.map { report.bytes($0.allPatternCells) }),
            ("keys and values", .green, costs.map { report.bytes($0.cachedNumbers) })
        ]
        let values = series.flatMap(\.values).filter { $0 > 0 }.map { log2(Double($0)) }
        guard let low = values.min(), let high = values.max(), let first = costs.first, let last = costs.last else {
            return
        }
        let (x0, y0, width) = (540.0, CountChart.top + CountChart.side, 340.0)
        func x(_ tokens: Int) -> Double {
            first.tokens == last.tokens
                ? x0 + width / 2
                : x0 + width * log2(Double(tokens) / Double(first.tokens))
                    / log2(Double(last.tokens) / Double(first.tokens))
        }
        func y(_ bytes: Int) -> Double {
            y0 - (high > low ? (log2(Double(max(bytes, 1))) - low) / (high - low) : 0.5) * CountChart.side
        }
        svg.text("Memory, both axes logarithmic", x: x0, y: CountChart.top - 12)
        svg.line([(x0, CountChart.top), (x0, y0), (x0 + width, y0)], color: .faint)
        var labeled = -Double.infinity
        for cost in costs where x(cost.tokens) - labeled > 44 {
            labeled = x(cost.tokens)
            svg.text(Quantity.grouped(cost.tokens), x: labeled, y: y0 + 18, size: 11, anchor: .middle, color: .faint)
        }
        svg.text("tokens", x: x0 + width, y: y0 + 36, size: 11, anchor: .end, color: .faint)
        for (name, color, values) in series {
            let points = zip(costs, values).filter { $0.1 > 0 }.map { (x: x($0.0.tokens), y: y($0.1)) }
            guard let end = points.last, let start = points.first else { continue }
            svg.line(points, color: color, width: 2)
            for point in points { svg.circle(x: point.x, y: point.y, radius: 3.5, fill: color) }
            let below = color == .green
            svg.text(name, x: end.x - 10, y: end.y + (below ? 24 : -12), size: 12, anchor: .end, color: color)
            svg.text(Quantity.bytes(values.last ?? 0), x: end.x + 8, y: end.y + 4, size: 11, color: color)
            svg.text(
                Quantity.bytes(values.first ?? 0), x: start.x - 8, y: start.y + 4, size: 11, anchor: .end, color: color)
        }
    }
}
