import ArgumentParser
import AttendRuntime

/// The labels of positions along the axes of a graph, by the symbol of the axis's size.
struct Labels {
    enum Source: Equatable, CustomStringConvertible {
        case option
        case file(String)

        var description: String {
            switch self {
            case .option: "--labels"
            case .file(let path): "\(path): labels"
            }
        }
    }

    private var known: [String: (tokens: [String], source: Source)] = [:]

    /// - Parameters:
    ///   - options: Labels as `SYMBOL=TOKEN TOKEN …`, which take precedence over the file's.
    init(file: TensorTextFile?, options: [String]) throws(ValidationError) {
        for (symbol, tokens) in file?.labels ?? [:] { known[symbol] = (tokens, .file(file?.path ?? "")) }
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--labels takes SYMBOL=\"TOKEN TOKEN …\", found \"\(option)\"")
            }
            known[String(parts[0])] = (parts[1].split(separator: " ").map(String.init), .option)
        }
    }

    /// - Throws: ``ShowError`` for a symbol that the graph lacks, or a wrong number of labels.
    func check(_ graph: Graph, _ symbols: [String: Int]) throws(ShowError) {
        for (symbol, labels) in known.sorted(by: { $0.key < $1.key }) {
            guard let size = symbols[symbol] else {
                throw .unknownSymbol(name: symbol, source: labels.source, known: graph.symbols)
            }
            guard size == labels.tokens.count else {
                throw .labelCount(
                    symbol: symbol, source: labels.source, expected: size, found: labels.tokens.count)
            }
        }
    }

    /// The labels of an axis of this size; nil for a fixed size, or a symbol without labels.
    func tokens(along size: Size) -> [String]? {
        known.first { size == .symbol($0.key) }?.value.tokens.map(DisplayText.cleaned)
    }
}
