import AttendModels

/// The orientation of queries and vectors.
enum FigureLayout: String, CaseIterable {
    /// As in the film (3Blue1Brown): vectors are columns, and each query is a column of the grid.
    case film
    /// As in libraries: vectors are rows, and each query is a row.
    case rows
}

/// Figures as text.
struct FigureText {
    let layout: FigureLayout
    let width: Int
    let color: Bool
    /// Whether to show numbers instead of dots, without omissions.
    let showsValues: Bool

    private static let tokenLimit = 24
    private static let componentLimit = 8

    func lines(_ figure: Figure) -> [String] {
        switch figure {
        case .facts(let facts): self.facts(facts)
        case .vectors(let figure): vectors(figure)
        case .grid(let figure): grid(figure)
        }
    }

    private func frame(_ rows: Int, _ columns: Int) -> FigureTable.Frame {
        guard !showsValues else { return FigureTable.Frame(width: width, color: color) }
        return FigureTable.Frame(width: width, color: color, rowLimit: rows, columnLimit: columns)
    }

    /// The figure's name and description; on separate lines if they don't fit on one.
    private func heading(_ name: String, _ what: String) -> [String] {
        let name = "  \(DisplayText.isolated(name))"
        if DisplayText.width(name) + 2 + DisplayText.width(what) <= width {
            return [name + "  " + Painted.painted(what, .faint, color: color)]
        }
        return [name] + what.wrapped(to: width - 4).map { "    " + Painted.painted($0, .faint, color: color) }
    }

    // MARK: Facts

    private func facts(_ facts: [Fact]) -> [String] {
        let limit = showsValues ? facts.count : FigureText.tokenLimit
        let lines = facts.prefix(limit).flatMap { fact in
            let label = DisplayText.isolated(fact.label)
            switch fact.value {
            case .count(let count): return wrapped("\(label): \(Quantity.grouped(count))")
            case .number(let number): return wrapped("\(label): \(NumberText.fact(number))")
            case .shape(let shape): return wrapped("\(label): \(shape.map(Quantity.grouped).joined(separator: " × "))")
            case .text(let text): return wrapped("\(label): \(DisplayText.isolated(text))")
            }
        }
        return lines + (facts.count > limit ? ["    … \(facts.count - limit) more; --values shows all"] : [])
    }

    private func wrapped(_ text: String) -> [String] {
        text.wrapped(to: width - 6).enumerated().map { ($0 == 0 ? "    " : "      ") + $1 }
    }

    // MARK: Vectors

    private func vectors(_ figure: VectorFigure) -> [String] {
        let count = figure.values.first?.count ?? 0
        let shown = showsValues ? Array(0..<count) : figure.shownComponents
        let components = shown.map { figure.components?[$0] ?? String($0) }
        let cells = figure.values.map { vector in
            shown.map { Painted(text: NumberText.cell(vector[$0]), paint: paint(vector[$0])) }
        }
        let table: FigureTable
        switch layout {
        case .film:
            let turned = shown.indices.map { component in cells.map { $0[component] } }
            table = FigureTable(rows: components, columns: figure.labels, cells: turned)
        case .rows:
            table = FigureTable(rows: figure.labels, columns: components, cells: cells)
        }
        let size = "\(figure.values.count) × \(count)"
        let rest = shown.count < count ? "; components not shown are 0" : ""
        let (tokens, numbers) = (
            FigureText.tokenLimit, figure.components == nil ? FigureText.componentLimit : FigureText.tokenLimit
        )
        return heading(figure.name, "\(size), each \(layout == .film ? "column" : "row") one vector\(rest)")
            + table.lines(in: layout == .film ? frame(numbers, tokens) : frame(tokens, numbers))
    }

    /// Numbers close to 0 are faint.
    private func paint(_ value: Float) -> Painted.Paint { abs(value) < 0.005 ? .faint : .plain }

    // MARK: Grids

    private func grid(_ figure: GridFigure) -> [String] {
        let isDots = figure.style == .dots && !showsValues
        let largest = figure.values.joined().filter(\.isFinite).max() ?? 0
        let cells = figure.values.map { row in
            row.map { isDots ? dot($0, largest) : Painted(text: NumberText.cell($0), paint: gridPaint($0, figure)) }
        }
        let sums = figure.sums.map { sum in
            Painted(text: NumberText.cell(sum), paint: abs(sum - 1) > 1e-3 ? .wrong : .plain)
        }
        let tail = figure.showsSums ? ("sum", sums) : nil
        let table: FigureTable
        switch layout {
        case .film:
            let turned = figure.keys.indices.map { key in cells.map { $0[key] } }
            table = FigureTable(rows: figure.keys, columns: figure.queries, cells: turned, rowTail: tail)
        case .rows:
            table = FigureTable(rows: figure.queries, columns: figure.keys, cells: cells, columnTail: tail)
        }
        let sides = layout == .film ? "queries across, keys down" : "queries down, keys across"
        let legend = isDots ? FigureText.legend.wrapped(to: width - 4).map { "    \($0)" } : []
        return heading(figure.name, sides) + table.lines(in: frame(FigureText.tokenLimit, FigureText.tokenLimit))
            + legend
    }

    private func gridPaint(_ value: Float, _ figure: GridFigure) -> Painted.Paint {
        if value == -.infinity || value == 0 { return .faint }
        return figure.showsSums ? FigureText.paint(ofShare: value) : .plain
    }

    private static func paint(ofShare share: Float) -> Painted.Paint {
        share >= 0.75 ? .strongest : share >= 0.5 ? .strong : share >= 0.25 ? .middling : share >= 0.05 ? .weak : .faint
    }

    /// A dot whose size grows with the share.
    private func dot(_ share: Float, _ largest: Float) -> Painted {
        guard share.isFinite else { return Painted(text: "?", paint: .wrong) }
        guard share > 0 else { return Painted(text: " ") }
        let mark = share >= 0.5 ? "⬤" : share >= 0.2 ? "●" : share >= 0.05 ? "•" : "·"
        return Painted(text: mark, paint: FigureText.paint(ofShare: share))
    }

    private static let legend = "⬤ from 0.5, ● from 0.2, • from 0.05, · less; blank: 0 or masked"
}

extension VectorFigure {
    /// The components to show: of named ones, those that are not 0 in all vectors.
    var shownComponents: [Int] {
        let all = Array(0..<(values.first?.count ?? 0))
        guard isSparse else { return all }
        let others = all.filter { component in values.contains { abs($0[component]) >= 0.005 } }
        return others.isEmpty ? all : others
    }
}
