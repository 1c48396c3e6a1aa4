/// Builds a ``Graph``, node by node, checking each as it comes.
///
/// ```swift
/// let graph = GraphBuilder("scores")
/// let query = try graph.input("query", .float32, ["tokens", 64])
/// let key = try graph.input("key", .float32, ["tokens", 64])
/// try graph.output("pattern", (query.matmul(key, transposeRHS: true) / 8).softmax())
/// let finished = try graph.build()
/// ```
///
/// A builder belongs to one task; the graph that it builds is a value that any task may use.
public final class GraphBuilder {
    public let name: String
    var values: [Graph.Value] = []
    var inputs: [Graph.ValueID] = []
    var constants: [Graph.Constant] = []
    var states: [Graph.State] = []
    var nodes: [Graph.Node] = []
    var outputs: [Graph.Output] = []
    private var outputNames: Set<String> = []
    private(set) var composites: [String: any CompositeOperation]
    /// The composites that every graph may use, by versioned name.
    let builtIn: [String: any CompositeOperation]
    /// The ``composites`` added since the builder was made.
    private(set) var found: [String: any CompositeOperation] = [:]
    /// How many composites were opened to get here.
    private(set) var depth = 0
    /// What was learnt by opening composites; shared with the scratch builders inside.
    let memo: OpeningMemo
    /// Primitives that the composites open into, or one more than there may be. A composite's own are among them.
    var operationCount = 0
    /// What runs may capture from inside of the composite that is being opened; nil where nobody asks.
    var offers: CaptureOffers?
    private var constantIDs: [String: Graph.ValueID] = [:]
    private var names: Set<String> = []
    /// Names that are not given to what has none of its own.
    private var reserved: Set<String> = []
    private var counters: [String: Int] = [:]

    /// A builder that knows these composites.
    ///
    /// - Parameters:
    ///   - memo: Shared with scratch builders inside.
    ///   - depth: How many composites were opened to get here.
    init(_ name: String, knowing known: KnownComposites, memo: OpeningMemo = OpeningMemo(), depth: Int = 0) {
        self.name = name
        self.memo = memo
        self.depth = depth
        builtIn = known.builtIn
        composites = known.own
    }

    public func type(of value: Graph.ValueID) -> TensorType { values[value].type }
    public func name(of value: Graph.ValueID) -> String { values[value].name }

    // MARK: Sources

    @discardableResult
    public func input(_ name: String, _ dtype: DType, _ shape: [Size]) throws(GraphError) -> Value {
        try input(name, TensorType(dtype, shape))
    }

    public func input(_ name: String, _ type: TensorType) throws(GraphError) -> Value {
        try claim(name)
        try checkSizes(of: type, name)
        let value = add(name, type, .input)
        inputs.append(value.id)
        return value
    }

    /// A weight, or any other number that is part of the graph.
    public func constant(_ tensor: Tensor, named name: String? = nil) throws(GraphError) -> Value {
        let name = try claim(name, prefix: "constant")
        constants.append(Graph.Constant(name: name, tensor: tensor))
        let value = add(name, TensorType(tensor.dtype, tensor.shape), .constant(constants.count - 1))
        constantIDs[name] = value.id
        return value
    }

    /// The constant that was added under this name.
    public func constant(named name: String) -> Value? {
        constantIDs[name].map { Value(graph: self, id: $0) }
    }

    /// A constant scalar of any numeric dtype; integers truncate toward zero.
    public func scalar(_ number: Double, dtype: DType = .float32) throws(GraphError) -> Value {
        try constant(Tensor(scalar: number, dtype: dtype))
    }

    /// A value that lives on between runs; see ``update(_:with:)``.
    public func state(_ name: String, _ dtype: DType, _ shape: [Size]) throws(GraphError) -> Value {
        try claim(name)
        let type = TensorType(dtype, shape)
        try checkSizes(of: type, name)
        let value = add(name, type, .state(states.count))
        states.append(Graph.State(name: name, value: value.id, update: nil))
        return value
    }

    /// Writes `value` into the state after each run.
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
        guard states[index].update == nil else { throw .badName(state.name, reason: "the state is updated twice") }
        states[index].update = value.id
    }

    public func output(_ name: String, _ value: Value) throws(GraphError) {
        try requireOwn([value])
        guard !name.isEmpty else { throw .badName(name, reason: "it is empty") }
        guard outputNames.insert(name).inserted else { throw .duplicateOutput(name) }
        outputs.append(Graph.Output(name: name, value: value.id))
    }

    /// Makes a composite known, so that nodes may use it by its name.
    public func register(_ composite: some CompositeOperation) throws(GraphError) {
        let name = composite.schema.versionedName
        guard Primitive(rawValue: composite.schema.name) == nil, knownComposites[name] == nil
        else { throw .duplicateName(composite.schema.name) }
        composites[name] = composite
        found[name] = composite
    }

    /// Makes composites known that came to light when one was opened.
    func adopt(_ others: [String: any CompositeOperation]) {
        for (name, composite) in others where composites[name] == nil {
            composites[name] = composite
            found[name] = composite
        }
    }

    /// - Throws: ``GraphError/noOutputs(graph:)``; all else was checked as it was added.
    public func build() throws(GraphError) -> Graph {
        guard !outputs.isEmpty else { throw .noOutputs(graph: name) }
        return unverified()
    }

    /// What has been added so far, as a graph; composites are opened this way.
    func unverified() -> Graph {
        Graph(
            name: name, values: values, inputs: inputs, constants: constants, states: states, nodes: nodes,
            outputs: outputs, composites: composites, builtIn: builtIn)
    }

    /// Refuses values of other builders.
    func requireOwn(_ values: some Sequence<Value>) throws(GraphError) {
        for value in values where value.graph !== self {
            throw .foreignValue(name: value.name, from: value.graph.name, in: name)
        }
    }

    // MARK: Taking back

    /// How far a builder is.
    struct Mark {
        let values, constants, nodes, operationCount: Int
    }

    var mark: Mark {
        Mark(
            values: values.count, constants: constants.count, nodes: nodes.count, operationCount: operationCount)
    }

    /// Takes back the nodes and constants that were added since; nothing else may have been.
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

    /// Keeps names for what is still to come.
    func reserve(_ names: Set<String>) { reserved.formUnion(names) }

    func add(_ name: String, _ type: TensorType, _ source: Graph.Value.Source) -> Value {
        values.append(Graph.Value(name: name, type: type, source: source))
        return Value(graph: self, id: values.count - 1)
    }

    /// Takes the name given, or the next free one of its kind.
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
            if !reserved.contains(candidate), names.insert(candidate).inserted { return candidate }
        }
    }

    /// Throws for symbols that are not names, such as literals that did not parse.
    func checkSymbols(of sizes: [Size], _ name: String) throws(GraphError) {
        do throws(SizeError) {
            for size in sizes where size.constant == nil { try size.checkSymbols() }
        } catch {
            throw .size(name: name, reason: error.description)
        }
    }

    /// More elements than fit a 48-bit address space; small enough that sums of byte counts don't overflow.
    private static let elementLimit = 1 << 47

    /// Throws for negative sizes and for shapes of ``elementLimit`` elements or more.
    func checkSizes(of type: TensorType, _ name: String) throws(GraphError) {
        try checkSymbols(of: type.shape, name)
        var count = 1
        for size in type.shape {
            guard let number = size.constant else { continue }
            guard number >= 0 else { throw .size(name: name, reason: "\(size) is no size (shape \(type.shape))") }
            // A size of 0 makes the whole empty, but the strides of the others must still be numbers.
            let (product, overflow) = count.multipliedReportingOverflow(by: max(number, 1))
            guard !overflow, product < GraphBuilder.elementLimit else {
                throw .size(name: name, reason: "the shape \(type.shape) has more elements than can be addressed")
            }
            count = product
        }
    }
}
