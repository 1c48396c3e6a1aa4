import AttendRuntime

/// An output that can't be shown as requested.
enum ShowError: Error, Equatable, CustomStringConvertible {
    case unknownOutput(name: String, graph: String, known: [String])
    /// A grid of an output that is not a matrix of floats.
    case noGrid(name: String, type: String, reason: String)
    case negative(name: String, value: Float)
    case unknownSymbol(name: String, source: Labels.Source, known: [String])
    case labelCount(symbol: String, source: Labels.Source, expected: Int, found: Int)

    /// The exit code: 64 for an error in the command line, 5 for one in a file.
    var code: Int32 {
        switch self {
        case .unknownOutput, .noGrid: Exit.usage
        case .negative: Exit.failure
        case .unknownSymbol(_, let source, _), .labelCount(_, let source, _, _):
            source == .option ? Exit.usage : Exit.badFile
        }
    }

    var description: String {
        switch self {
        case .unknownOutput(let name, let graph, let known):
            """
            graph "\(graph)" has no output "\(name)"\(Nearest.hint(for: name, among: known)) (it has \(list(known)))
            """
        case .noGrid(let name, let type, let reason):
            "output \"\(name)\" is \(type) and can't be drawn as a grid: \(reason); --print shows its numbers"
        case .negative(let name, let value):
            "output \"\(name)\" holds \(value), but a grid shows non-negative weights; --print shows its numbers"
        case .unknownSymbol(let name, let source, let known):
            """
            \(source): the graph has no symbol "\(name)"\(Nearest.hint(for: name, among: known)) (it has \
            \(list(known)))
            """
        case .labelCount(let symbol, let source, let expected, let found):
            "\(source): expected \(expected) labels for \"\(symbol)\", found \(found)"
        }
    }

    private func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
