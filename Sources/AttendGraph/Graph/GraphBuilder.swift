/// Builds a ``Graph`` node by node, checking each node as it is added.
///
/// ```swift
/// let graph = GraphBuilder("scores")
/// let query = try graph.input("query", .float32, ["tokens", 64])
/// let key = try graph.input("key", .float32, ["tokens", 64])
/// try graph.output("pattern", (query.matmul(key, transposeRHS: true) / 8).softmax())
/// let finished = try graph.build()
/// ```
///
/// A builder belongs to one task; the finished graph is a value for use in any task.
public final class GraphBuilder {
    /// The graph's name.
    public let name: String
    var values: [Graph.Value] = []
    var inputs: [Graph.ValueID] = []
    var constants: [Graph.Constant] = []
    var states: [Graph.State] = []
    var nodes: [Graph.Node] = []
    var outputs: [Graph.Output] = []
    var attentionParts: [AttentionParts] = []
    private var outputNames: Set<String> = []
    private(set) var composites: [String: any CompositeOperation]
    /// The composites available in every graph, by versioned name.
    let builtIn: [String: any CompositeOperation]
    /// The ``composites`` added since the builder was made.
    private(set) var found: [String: any CompositeOperation] = [:]
    /// Nesting depth of opened composites.
    private(set) var depth = 0
    /// Results of opening composites; shared with the scratch builders inside.
    let memo: OpeningMemo
    /// Number of primitives that the composites open into, capped at the limit plus one.
    var operationCount = 0
    /// Capture offers of the composite being opened; nil if not requested.
    var offers: CaptureOffers?
    private var constantIDs: [String: Graph.ValueID] = [:]
    private var names: Set<String> = []
    /// Names excluded from automatic naming.
    private var reserved: Set<String> = []
    private var counters: [String: Int] = [:]

    /// A builder that knows these composites.
    ///
    /// - Parameters:
    ///   - memo: Shared with scratch builders inside.
    ///   - depth: Nesting depth of opened composites.
    init(_ name: String, knowing known: KnownComposites, memo: OpeningMemo = OpeningMemo(), depth: Int = 0) {
        self.name = name
        self.memo = memo
        self.depth = depth
        builtIn = known.builtIn
        composites = known.own
    }

    /// Dtype and shape of a value.
    public func type(of value: Graph.ValueID) -> TensorType { values[value].type }
    /// Name of a value, in files and errors.
    public func name(of value: Graph.ValueID) -> String { values[value].name }

    // MARK: Sources

    /// Adds an input.
    ///
    /// - Throws: ``GraphError`` for a name that is taken, empty or contains a dot, or for an invalid shape.
    @discardableResult
    public func input(_ name: String, _ dtype: DType, _ shape: [Size]) throws(GraphError) -> Value {
        try input(name, TensorType(dtype, shape))
    }

    /// Adds an input.
    ///
    /// - Throws: ``GraphError`` for a name that is taken, empty or contains a dot, or for an invalid shape.
    public func input(_ name: String, _ type: TensorType) throws(GraphError) -> Value {
        try claim(name)
        try checkSizes(of: type, name)
        let value = add(name, type, .input)
        inputs.append(value.id)
        return value
    }

    /// Adds a constant, such as a weight. O(1): the tensor is not copied.
    ///
    /// - Parameter name: Generated if nil.
    /// - Throws: ``GraphError`` for a name that is taken, empty or contains a dot, or for an invalid shape.
    public func constant(_ tensor: Tensor, named name: String? = nil) throws(GraphError) -> Value {
        try constant(.held(tensor), named: name)
    }

    /// Adds a constant whose elements are in memory or read on demand.
    ///
    /// - Throws: ``GraphError`` as ``constant(_:named:)-(Tensor,_)``.
    public func constant(_ content: ConstantTensor, named name: String? = nil) throws(GraphError) -> Value {
        let name = try claim(name, prefix: "constant")
        let type = TensorType(content.dtype, content.shape)
        try checkSizes(of: type, name)
        constants.append(Graph.Constant(name: name, content: content))
        let value = add(name, type, .constant(constants.count - 1))
        constantIDs[name] = value.id
        return value
    }

    /// The constant of this name, or nil.
    public func constant(named name: String) -> Value? {
        constantIDs[name].map { Value(graph: self, id: $0) }
    }

    /// A constant scalar of any dtype; integers truncate toward zero, bool is `number != 0`.
    public func scalar(_ number: Double, dtype: DType = .float32) throws(GraphError) -> Value {
        try constant(Tensor(scalar: number, dtype: dtype))
    }

    /// Adds a state: a value that persists between runs. See ``update(_:with:)``.
    ///
    /// - Throws: ``GraphError`` for a name that is taken, empty or contains a dot, or for an invalid shape.
    public func state(_ name: String, _ dtype: DType, _ shape: [Size]) throws(GraphError) -> Value {
        try claim(name)
        let type = TensorType(dtype, shape)
        try checkSizes(of: type, name)
        let value = add(name, type, .state(states.count))
        states.append(Graph.State(name: name, value: value.id, update: nil))
        return value
    }

    /// Stores `value` in the state after each run.
    ///
    /// - Throws: ``GraphError`` for a first argument that is not a state, a value of another dtype or shape, a second
    ///   update of one state, or values of another builder.
    public func update(_ state: Value, with value: Value) throws(GraphError) {
        try requireOwn([state, value])
        guard case .state(let index) = values[state.id].source else {
            throw .type(name: state.name, expected: "a state", found: "another value")
        }
        let (expected, found) = (state.type, value.type)
        let agree =
            expected.dtype == found.dtype && expected.rank == found.rank
            && zip(expected.shape, found.shape).allSatisfy { ShapeRules.agreement($0, $1) != .different }
        guard agree else {
            throw .type(name: state.name, expected: "an update of type \(expected)", found: "\(found)")
        }
        guard states[index].update == nil else {
            throw .type(name: state.name, expected: "one update", found: "a state that is updated twice")
        }
        states[index].update = value.id
    }

    /// Adds an output. One value may be several outputs.
    ///
    /// - Throws: ``GraphError`` for an empty name, a second output of one name, or a value of another builder.
    public func output(_ name: String, _ value: Value) throws(GraphError) {
        try requireOwn([value])
        guard !name.isEmpty else { throw .badName(name, reason: "it is empty") }
        guard outputNames.insert(name).inserted else { throw .duplicateOutput(name) }
        outputs.append(Graph.Output(name: name, value: value.id))
    }

    /// Registers a composite, so that nodes may use it by name.
    ///
    /// - Throws: ``GraphError/duplicateName(_:)`` for the name of a primitive, or of a known composite of the same
    ///   version.
    public func register(_ composite: some CompositeOperation) throws(GraphError) {
        let name = composite.schema.versionedName
        guard Primitive(rawValue: composite.schema.name) == nil, knownComposites[name] == nil
        else { throw .duplicateName(composite.schema.name) }
        let schema = composite.schema
        for (kind, names) in [("input", schema.inputs.map(\.name)), ("output", schema.outputs)] {
            guard let twice = Dictionary(grouping: names, by: \.self).filter({ $1.count > 1 }).keys.min() else {
                continue
            }
            throw .badName(twice, reason: "\(schema.name) has two \(kind)s of this name")
        }
        composites[name] = composite
        found[name] = composite
    }

    /// Registers composites found while opening another.
    func adopt(_ others: [String: any CompositeOperation]) {
        for (name, composite) in others where composites[name] == nil {
            composites[name] = composite
            found[name] = composite
        }
    }

    /// The finished graph; all but the outputs was checked when added.
    ///
    /// - Throws: ``GraphError/noOutputs(graph:)``
    public func build() throws(GraphError) -> Graph {
        guard !outputs.isEmpty else { throw .noOutputs(graph: name) }
        return unverified()
    }

    /// The graph built so far; used to open composites.
    func unverified() -> Graph {
        Graph(
            name: name, values: values, inputs: inputs, constants: constants, states: states, nodes: nodes,
            outputs: outputs, attentionParts: attentionParts, composites: composites, builtIn: builtIn)
    }

    /// Rejects values of other builders.
    func requireOwn(_ values: some Sequence<Value>) throws(GraphError) {
        for value in values where value.graph !== self {
            throw .foreignValue(name: value.name, from: value.graph.name, in: name)
        }
    }

    // MARK: Undo

    /// A builder's state, for ``undo(to:)``.
    struct Mark {
        let values, constants, nodes, operationCount: Int
    }

    var mark: Mark {
        Mark(
            values: values.count, constants: constants.count, nodes: nodes.count, operationCount: operationCount)
    }

    /// Removes the nodes and constants added since the mark; nothing else may have been added.
    func undo(to mark: Mark) {
        let gone = nodes[mark.nodes...].map(\.name) + constants[mark.constants...].map(\.name)
        for name in gone {
            names.remove(name)
            constantIDs[name] = nil
        }
        values.removeSubrange(mark.values...)
        constants.removeSubrange(mark.constants...)
        nodes.removeSubrange(mark.nodes...)
        operationCount = mark.operationCount
    }

    // MARK: Names

    /// Excludes names from automatic naming, for nodes still to come.
    func reserve(_ names: Set<String>) { reserved.formUnion(names) }

    /// Whether a node may get this name: nobody has it, and it is not reserved.
    func isFree(_ name: String) -> Bool { !names.contains(name) && !reserved.contains(name) }

    func add(_ name: String, _ type: TensorType, _ source: Graph.Value.Source) -> Value {
        values.append(Graph.Value(name: name, type: type, source: source))
        return Value(graph: self, id: values.count - 1)
    }

    /// Takes the given name, or the next free one with `prefix`.
    @discardableResult
    func claim(_ name: String?, prefix: String = "value") throws(GraphError) -> String {
        if let name {
            guard !name.isEmpty else { throw .badName(name, reason: "it is empty") }
            guard !name.utf8.contains(UInt8(ascii: ".")) else {
                throw .badName(name, reason: "a dot separates a node from its outputs")
            }
            guard names.insert(name).inserted else { throw .duplicateName(name) }
            return name
        }
        while true {
            counters[prefix, default: 0] += 1
            let candidate = "\(prefix)_\(counters[prefix, default: 0])"
            if isFree(candidate) {
                names.insert(candidate)
                return candidate
            }
        }
    }

    /// Checks that every symbol is a name, not a literal that did not parse.
    func checkSymbols(of sizes: [Size], _ name: String) throws(GraphError) {
        do throws(SizeError) {
            for size in sizes where size.constant == nil { try size.checkSymbols() }
        } catch {
            throw .size(name: name, reason: error.description)
        }
    }

    /// More elements than fit a 48-bit address space; small enough that sums of byte counts don't overflow.
    private static let elementLimit = 1 << 47

    /// Rejects ranks above ``TensorType/largestRank``, negative sizes and shapes of ``elementLimit`` elements or more.
    func checkSizes(of type: TensorType, _ name: String) throws(GraphError) {
        try checkSymbols(of: type.shape, name)
        guard type.rank <= TensorType.largestRank else {
            throw .size(
                name: name,
                reason: "the shape \(type.shape) has rank \(type.rank), expected at most \(TensorType.largestRank)")
        }
        var count = 1
        for size in type.shape {
            guard let number = size.constant else { continue }
            guard number >= 0 else { throw .size(name: name, reason: "size \(size) is negative (shape \(type.shape))") }
            // A size of 0 makes the shape empty, but the strides of the other axes must still fit an integer.
            let (product, overflow) = count.multipliedReportingOverflow(by: max(number, 1))
            guard !overflow, product < GraphBuilder.elementLimit else {
                throw .size(name: name, reason: "the shape \(type.shape) has more elements than can be addressed")
            }
            count = product
        }
    }
}
