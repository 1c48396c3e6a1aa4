/// A computation: inputs, constants, states, nodes and outputs, independent of any backend.
///
/// A graph is an immutable value, verified when built: names are unique, dtypes and shapes of every node agree as far
/// as can be known before the symbols are bound, and nodes are in topological order. Make one with ``GraphBuilder`` or
/// read one from a file.
public struct Graph: Sendable {
    /// Indexes ``Graph/values``.
    public typealias ValueID = Int

    /// A value of the graph: an input, a constant, a state or an output of a node.
    public struct Value: Sendable, Hashable {
        /// The origin of a value; indices are into the graph's arrays.
        public enum Source: Sendable, Hashable {
            /// An input of the graph.
            case input
            /// An index into ``Graph/constants``.
            case constant(Int)
            /// An index into ``Graph/states``.
            case state(Int)
            /// An index into ``Graph/nodes`` and one into that node's ``Graph/Node/outputs``.
            case node(Int, output: Int)
        }

        /// The name in files: that of the input, constant, state or node, or `node.output`.
        public var name: String
        /// Dtype and shape.
        public var type: TensorType
        /// The origin.
        public var source: Source
    }

    /// One application of an operation.
    public struct Node: Sendable, Hashable {
        /// Unique among the names of the graph.
        public var name: String
        /// The operation with its attributes, defaults filled in.
        public var operation: Operation
        /// In the schema's order; nil for an omitted optional input. For a variadic operation, the list itself.
        public var inputs: [ValueID?]
        /// In the schema's order; all outputs are present, used or not.
        public var outputs: [ValueID]
    }

    /// A tensor stored in the graph, such as a weight.
    public struct Constant: Sendable, Hashable {
        /// Unique among the names of the graph.
        public var name: String
        /// The elements, in memory or read on demand.
        public var content: ConstantTensor

        /// The elements. O(1) in memory, else O(bytes).
        ///
        /// - Throws: ``ConstantError`` for deferred elements that can't be read.
        public var tensor: Tensor {
            get throws(ConstantError) { try content.tensor() }
        }
    }

    /// A value that persists between the runs of one session, such as a key/value cache.
    public struct State: Sendable, Hashable {
        /// Unique among the names of the graph.
        public var name: String
        /// The state's value at the start of a run.
        public var value: ValueID
        /// The new value, stored after each run; nil for a state that is only read.
        public var update: ValueID?
    }

    /// A named result.
    public struct Output: Sendable, Hashable {
        /// Unique among the outputs.
        public var name: String
        /// The result.
        public var value: ValueID
    }

    /// The graph's name, for reports and errors.
    public let name: String
    /// All values, indexed by ``ValueID``, in topological order.
    public let values: [Value]
    /// The inputs in the order of declaration.
    public let inputs: [ValueID]
    /// The constants in the order of declaration.
    public package(set) var constants: [Constant]
    /// The states in the order of declaration.
    public let states: [State]
    /// The nodes in topological order.
    public let nodes: [Node]
    /// The outputs in the order of declaration.
    public let outputs: [Output]
    /// Multi-head attention that is written out node by node. Graphs that passes or files make have none.
    public let attentionParts: [AttentionParts]
    /// The graph's own composites, by versioned name.
    public let composites: [String: any CompositeOperation]
    /// The composites available in every graph, by versioned name.
    let builtIn: [String: any CompositeOperation]

    /// Dtype and shape of a value.
    public func type(of value: ValueID) -> TensorType { values[value].type }

    /// The symbols in the shapes of inputs and states, sorted.
    public var symbols: [String] {
        let types = inputs.map { values[$0].type } + states.map { values[$0.value].type }
        return types.reduce(into: Set<String>()) { found, type in
            for size in type.shape { found.formUnion(size.symbols) }
        }.sorted()
    }

    /// The symbols in the shapes of all values and in the nodes' attributes, sorted. O(values + nodes).
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

    /// The composite of this versioned name, the graph's own or a built-in one; nil if unknown.
    public func composite(named versionedName: String) -> (any CompositeOperation)? {
        composites[versionedName] ?? builtIn[versionedName]
    }
}
