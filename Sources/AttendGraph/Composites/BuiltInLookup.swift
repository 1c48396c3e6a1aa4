extension Operation {
    /// Facts for cost estimates, counting and passes; empty for custom composites. O(1).
    package var facts: OperationFacts {
        if let primitive { return Primitive.facts[primitive] ?? OperationFacts() }
        return Composites.facts[id] ?? OperationFacts()
    }
}

extension KernelRequest {
    /// The names of the operation's inputs and outputs; nil for a custom composite whose schema was not supplied. O(1).
    public var schema: OperationSchema? {
        operation.primitive.flatMap { Primitive.schemas[$0] } ?? composite
            ?? Composites.builtIn[operation.versionedName]?.schema
    }
}

extension GraphBuilder {
    /// A builder of graphs whose nodes may be primitives, built-in composites and `composites`.
    ///
    /// - Parameter composites: Custom operations available to nodes by name; the last of equal versioned names wins.
    public convenience init(_ name: String, composites: [any CompositeOperation] = []) {
        let own = Dictionary(
            composites.map { ($0.schema.versionedName, $0) }, uniquingKeysWith: { _, last in last })
        self.init(name, knowing: KnownComposites(builtIn: Composites.builtIn, own: own))
    }
}
