/// A computation: inputs, constants, nodes and outputs. It knows nothing of any backend.
///
/// A graph is an immutable value, verified when it was built: every name is unique, every node's
/// dtypes and shapes agree as far as that can be known before the symbols are bound, and nodes
/// stand in an order in which they can run. Make one with ``GraphBuilder`` or read one from a file.
public struct Graph: Sendable {
    /// Indexes ``Graph/values``.
    public typealias ValueID = Int

    /// A value of the graph: something a node may read.
    public struct Value: Sendable, Hashable {
        public enum Source: Sendable, Hashable {
            case input
            case constant(Int)
            case state(Int)
            case node(Int, output: Int)
        }

        /// The name it has in files: of the input, constant, state or node, or `node.output`.
        public var name: String
        public var type: TensorType
        public var source: Source
    }

    public struct Node: Sendable, Hashable {
        public var name: String
        public var operation: Operation
        /// By the schema's order; nil for an optional input that was left out. The list of a
        /// variadic operation stands here as it is.
        public var inputs: [ValueID?]
        public var outputs: [ValueID]
    }

    public struct Constant: Sendable, Hashable {
        public var name: String
        public var tensor: Tensor
    }

    /// A value that lives on between the runs of one session, such as a key/value cache.
    public struct State: Sendable, Hashable {
        public var name: String
        public var value: ValueID
        /// Written back into the state after each run; nil for a state that is only read.
        public var update: ValueID?
    }

    public struct Output: Sendable, Hashable {
        public var name: String
        public var value: ValueID
    }

    public let name: String
    public let values: [Value]
    public let inputs: [ValueID]
    public package(set) var constants: [Constant]
    public let states: [State]
    public let nodes: [Node]
    public let outputs: [Output]
    /// The composites that the graph brings along, by versioned name.
    public let composites: [String: any CompositeOperation]
    /// The composites that every graph may use, by versioned name.
    let builtIn: [String: any CompositeOperation]

    public func type(of value: ValueID) -> TensorType { values[value].type }

    /// The symbols in any shape of an input or a state, sorted.
    public var symbols: [String] {
        let types = inputs.map { values[$0].type } + states.map { values[$0.value].type }
        return types.reduce(into: Set<String>()) { found, type in
            for size in type.shape { found.formUnion(size.symbols) }
        }.sorted()
    }

    /// The symbols in any shape of a value and in the nodes' attributes, sorted. O(values).
    package var everySymbol: [String] {
        var found = Set<String>()
        for value in values { for size in value.type.shape { found.formUnion(size.symbols) } }
        for node in nodes {
            for case .sizes(let sizes) in node.operation.attributes.values.values {
                for size in sizes { found.formUnion(size.symbols) }
            }
        }
        return found.sorted()
    }

    /// The composite of this versioned name: the graph's own, or a built-in one.
    public func composite(named versionedName: String) -> (any CompositeOperation)? {
        composites[versionedName] ?? builtIn[versionedName]
    }
}
