import AttendParity
import Foundation

/// A picture of shapes and text. Deterministic: the same shapes have the same bytes.
struct SVG {
    private let width: Double
    private let height: Double
    private let title: String
    private var elements: [String] = []

    /// Colors that are distinguishable with any color vision (Okabe and Ito 2008).
    enum Color: String {
        case blue = "#0072B2"
        case orange = "#D55E00"
        case green = "#009E73"
        case text = "#222222"
        case faint = "#999999"
    }

    enum Anchor: String { case start, middle, end }

    init(width: Double, height: Double, title: String) {
        self.width = width
        self.height = height
        self.title = title
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: Color?, opacity: Double = 1, stroke: Color? = nil
    ) {
        let paint = fill.map { "fill=\"\($0.rawValue)\" fill-opacity=\"\(Self.number(opacity))\"" } ?? "fill=\"none\""
        let line = stroke.map { " stroke=\"\($0.rawValue)\"" } ?? ""
        elements.append(
            """
            <rect x="\(Self.number(x))" y="\(Self.number(y))" width="\(Self.number(width))" \
            height="\(Self.number(height))" \(paint)\(line)/>
            """
        )
    }

    mutating func circle(x: Double, y: Double, radius: Double, fill: Color) {
        elements.append(
            """
            <circle cx="\(Self.number(x))" cy="\(Self.number(y))" r="\(Self.number(radius))" fill="\(fill.rawValue)"/>
            """
        )
    }

    mutating func line(_ points: [(x: Double, y: Double)], color: Color, width: Double = 1) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        elements.append(
            """
            <polyline points="\(list)" fill="none" stroke="\(color.rawValue)" stroke-width="\(Self.number(width))"/>
            """
        )
    }

    mutating func text(
        _ text: String, x: Double, y: Double, size: Double = 13, anchor: Anchor = .start, color: Color = .text
    ) {
        elements.append(
            """
            <text x="\(Self.number(x))" y="\(Self.number(y))" font-size="\(Self.number(size))" \
            text-anchor="\(anchor.rawValue)" fill="\(color.rawValue)">\(Self.escaped(text))</text>
            """
        )
    }

    var document: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.number(width)) \(Self.number(height))" \
        width="\(Self.number(width))" height="\(Self.number(height))" font-family="sans-serif">
        <title>\(Self.escaped(title))</title>
        <rect width="100%" height="100%" fill="white"/>
        \(elements.joined(separator: "\n"))
        </svg>

        """
    }

    private static func number(_ value: Double) -> String {
        let text = String(format: "%.2f", value)
        return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }

    /// The escaped text; characters that XML can't represent are replaced.
    static func escaped(_ text: String) -> String { MarkupText.escaped(DisplayText.cleaned(text)) }
}
