import AttendModels

/// An explanation as text, step by step.
struct ExplanationText {
    let explanation: Explanation
    let figures: FigureText

    private var model: ExplainedModel { explanation.model }

    func lines() -> [String] {
        heading + explanation.steps.flatMap { [""] + lines($0) }
    }

    private var heading: [String] {
        let text = model.tokens.prefix(64).map { DisplayText.cleaned(String($0.prefix(40))) }.joined(separator: " ")
        let place =
            """
            Layer \(explanation.layer) of \(model.layerCount), head \(explanation.head) of \
            \(model.headCount(explanation.layer)) of \(DisplayText.cleaned(model.title)). \
            \(DisplayText.cleaned(model.origin))
            """
        return wrapped(DisplayText.isolated(text), "").map { Painted.painted($0, .title, color: figures.color) }
            + wrapped(place, "")
    }

    private func lines(_ step: ExplainedStep) -> [String] {
        let title = "\(step.step.number). \(step.title)"
        let option = "--step \(step.step.rawValue)"
        let gap = max(2, figures.width - DisplayText.width(title) - option.count)
        let head =
            Painted.painted(title, .title, color: figures.color) + String(repeating: " ", count: gap)
            + Painted.painted(option, .faint, color: figures.color)
        let formula = wrapped(step.formula, "    ").map { Painted.painted($0, .formula, color: figures.color) }
        return [head] + formula + wrapped(DisplayText.cleaned(step.sentence), "  ")
            + step.figures.flatMap { figures.lines($0) }.map(\.trimmedEnd)
    }

    private func wrapped(_ text: String, _ indent: String) -> [String] {
        text.wrapped(to: figures.width - indent.count).map { indent + $0 }
    }
}
