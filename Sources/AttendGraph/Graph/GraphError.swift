/// An error in building, reading, binding or capturing a graph. Every case names its place.
@nonexhaustive
public enum GraphError: Error, Sendable, Hashable {
    /// A node whose operation can't be applied to its inputs.
    case node(name: String, operation: String, reason: String)
    /// An operation that is neither built in nor a composite or function of the graph.
    case unknownOperation(node: String, operation: String, hint: String)
    /// A name that is already taken.
    case duplicateName(String)
    /// An invalid name, or a second update of the state of this name.
    case badName(String, reason: String)
    /// A second output of one name.
    case duplicateOutput(String)
    /// A graph without outputs.
    case noOutputs(graph: String)
    /// Nodes of a file that depend on each other; the first is repeated at the end.
    case cycle([String])
    /// An undefined name; `place` is its reader.
    case unknownValue(name: String, place: String, hint: String)
    /// A value of another builder, whose index is meaningless in this graph.
    case foreignValue(name: String, from: String, in: String)
    /// An input, state or update of the wrong type.
    case type(name: String, expected: String, found: String)
    /// An invalid size or shape.
    case size(name: String, reason: String)
    /// Two conflicting values of one symbol.
    case symbol(String, first: Int, firstPlace: String, second: Int, secondPlace: String)
    /// A symbol without a value; `place` is the input or state that needs it.
    case unboundSymbol(String, place: String)
    /// A value for a symbol that the graph does not have.
    case unknownSymbol(String, hint: String, known: [String])
    /// An input without a tensor.
    case missingInput(String)
    /// A tensor for an input that the graph does not have.
    case unknownInput(String, hint: String)
    /// A capture of an unknown name.
    case unknownCapture(name: String, hint: String, known: [String])
    /// A constant whose elements can't be read.
    case constant(ConstantError)
}

extension GraphError: CustomStringConvertible {
    /// Human-readable message.
    public var description: String {
        switch self {
        case .node(let name, let operation, let reason): "node \"\(name)\" (\(operation)): \(reason)"
        case .unknownOperation(let node, let operation, let hint):
            "node \"\(node)\": there is no operation \"\(operation)\"\(hint)"
        case .duplicateName(let name): "duplicate name \"\(name)\""
        case .badName(let name, let reason): "\"\(name)\" can't be a name: \(reason)"
        case .duplicateOutput(let name): "the graph has two outputs named \"\(name)\""
        case .noOutputs(let graph): "graph \"\(graph)\" has no outputs"
        case .cycle(let names): "the nodes \(names.map { "\"\($0)\"" }.joined(separator: " → ")) form a cycle"
        case .unknownValue(let name, let place, let hint): "\(place): no value is named \"\(name)\"\(hint)"
        case .foreignValue(let name, let other, let graph):
            "the value \"\(name)\" belongs to another builder (of \"\(other)\"); the graph \"\(graph)\" can't use it"
        case .type(let name, let expected, let found): "\"\(name)\": expected \(expected), found \(found)"
        case .size(let name, let reason): "\"\(name)\": \(reason)"
        case .symbol(let symbol, let first, let firstPlace, let second, let secondPlace):
            "the size \"\(symbol)\" is \(first) from \(firstPlace) but \(second) from \(secondPlace)"
        case .unboundSymbol(let symbol, let place): "\(place): the size \"\(symbol)\" has no value"
        case .unknownSymbol(let symbol, let hint, let known):
            "no size is named \"\(symbol)\"\(hint) "
                + (known.isEmpty ? "(the graph has none)" : "(known: \(known.joined(separator: ", ")))")
        case .missingInput(let name): "the input \"\(name)\" is missing"
        case .unknownInput(let name, let hint): "the graph has no input \"\(name)\"\(hint)"
        case .unknownCapture(let name, let hint, let known):
            "no value in the graph is named \"\(name)\"\(hint) (known: \(GraphError.list(known)))"
        case .constant(let error): error.description
        }
    }

    /// Capture names, deduplicated up to their numbers.
    private static func list(_ captures: [String]) -> String {
        var seen: Set<String> = []
        let patterns = captures.map { name in
            CapturePath(name).parts.map { $0.allSatisfy(\.isNumber) ? "*" : $0 }.joined(separator: ".")
        }
        let list = patterns.filter { seen.insert($0).inserted }
        guard !list.isEmpty else { return "none" }
        return list.joined(separator: ", ") + (list.contains { $0.contains("*") } ? ", where * is a number" : "")
    }
}
