/// Why a graph is not one. Every case names the place.
@nonexhaustive
public enum GraphError: Error, Sendable, Hashable {
    /// A node whose operation can't be applied to its inputs.
    case node(name: String, operation: String, reason: String)
    /// A node names an operation that neither exists nor is a function of the graph.
    case unknownOperation(node: String, operation: String, hint: String)
    case duplicateName(String)
    case badName(String, reason: String)
    case duplicateOutput(String)
    case noOutputs(graph: String)
    case cycle([String])
    /// A name that nothing defines; `place` says who uses it.
    case unknownValue(name: String, place: String, hint: String)
    /// A value of another builder's graph, whose numbers mean something else in this one.
    case foreignValue(name: String, from: String, in: String)
    /// An input, state or update whose type is not what it has to be.
    case type(name: String, expected: String, found: String)
    case size(name: String, reason: String)
    /// Two inputs give one symbol different values.
    case symbol(String, first: Int, firstPlace: String, second: Int, secondPlace: String)
    case unboundSymbol(String, place: String)
    /// A symbol is given a value that no size of the graph has.
    case unknownSymbol(String, hint: String, known: [String])
    case missingInput(String)
    case unknownInput(String, hint: String)
    /// A run is to capture what is not there.
    case unknownCapture(name: String, hint: String, known: [String])
}

extension GraphError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .node(let name, let operation, let reason): "node \"\(name)\" (\(operation)): \(reason)"
        case .unknownOperation(let node, let operation, let hint):
            "node \"\(node)\": there is no operation \"\(operation)\"\(hint)"
        case .duplicateName(let name): "the name \"\(name)\" is given twice"
        case .badName(let name, let reason): "\"\(name)\" can't be a name: \(reason)"
        case .duplicateOutput(let name): "the graph has two outputs named \"\(name)\""
        case .noOutputs(let graph): "graph \"\(graph)\" has no outputs"
        case .cycle(let names): "the nodes \(names.map { "\"\($0)\"" }.joined(separator: " → ")) form a cycle"
        case .unknownValue(let name, let place, let hint): "\(place): nothing is named \"\(name)\"\(hint)"
        case .foreignValue(let name, let other, let graph):
            "the value \"\(name)\" belongs to another builder (of \"\(other)\"); the graph \"\(graph)\" can't use it"
        case .type(let name, let expected, let found): "\"\(name)\": expected \(expected), found \(found)"
        case .size(let name, let reason): "\"\(name)\": \(reason)"
        case .symbol(let symbol, let first, let firstPlace, let second, let secondPlace):
            "the size \"\(symbol)\" is \(first) by \(firstPlace) but \(second) by \(secondPlace)"
        case .unboundSymbol(let symbol, let place): "\(place): nothing gives the size \"\(symbol)\" a value"
        case .unknownSymbol(let symbol, let hint, let known):
            "no size is named \"\(symbol)\"\(hint) (\(known.isEmpty ? "there are none" : "there are \(known.joined(separator: ", "))"))"
        case .missingInput(let name): "the input \"\(name)\" is missing"
        case .unknownInput(let name, let hint): "the graph has no input \"\(name)\"\(hint)"
        case .unknownCapture(let name, let hint, let known):
            "nothing in the graph is named \"\(name)\"\(hint) (there are \(GraphError.list(known)))"
        }
    }

    /// Captures that differ in numbers alone are told once.
    private static func list(_ captures: [String]) -> String {
        var seen: Set<String> = []
        let patterns = captures.map { name in
            CapturePath(name).parts.map { $0.allSatisfy(\.isNumber) ? "*" : $0 }.joined(separator: ".")
        }
        let list = patterns.filter { seen.insert($0).inserted }
        guard !list.isEmpty else { return "no names" }
        return list.joined(separator: ", ") + (list.contains { $0.contains("*") } ? ", where * is a number" : "")
    }
}
