/// An operation defined by its decomposition into other operations.
///
/// ``decompose(_:)`` is its only definition: types, the reference result and the fallback on a backend without a kernel
/// for it all derive from it. Conform a custom type and call it through
/// ``GraphBuilder/apply(_:inputs:attributes:named:)-(any CompositeOperation,_,_,_)``, and every backend runs it; a
/// backend that knows its versioned name may claim it whole.
public protocol CompositeOperation: Sendable {
    /// Name, version, inputs, outputs and attributes.
    var schema: OperationSchema { get }

    /// Facts for cost estimates, counting and passes. Empty by default: the parts then determine them.
    var facts: OperationFacts { get }

    /// Builds the subgraph of a call.
    ///
    /// - Returns: The results by output name. Outputs that are not in ``CompositeCall/wanted`` may be omitted.
    /// - Throws: ``GraphError`` for inputs or attributes that the operation rejects; see
    ///   ``CompositeCall/require(_:_:)``.
    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value]
}

extension CompositeOperation {
    /// No facts.
    public var facts: OperationFacts { OperationFacts() }
}

/// One call of a composite: its inputs and attributes, and the builder for its parts.
public struct CompositeCall {
    /// The builder for the parts.
    public let graph: GraphBuilder
    /// The operation's name, for errors.
    public let operation: String
    /// The attributes, with defaults filled in.
    public let attributes: Attributes
    /// The names of the requested outputs.
    public let wanted: Set<String>
    let inputs: [String: Value]

    /// A required input; traps if the schema has no required input of this name.
    public subscript(_ name: String) -> Value {
        guard let value = inputs[name] else {
            preconditionFailure("a verified call of \(operation) has no input \(name)")
        }
        return value
    }

    /// An optional input, or nil if it was omitted.
    public func optional(_ name: String) -> Value? { inputs[name] }

    /// Checks a condition on the call.
    ///
    /// - Throws: ``GraphError/node(name:operation:reason:)`` with `reason` if the condition is false.
    public func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(GraphError) {
        guard condition else { throw .node(name: "", operation: operation, reason: reason()) }
    }
}
