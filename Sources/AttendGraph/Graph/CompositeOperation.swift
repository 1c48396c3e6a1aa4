/// An operation that is defined by what it is made of.
///
/// ``decompose(_:)`` is its only definition: types, the reference result and the path on a
/// backend that does not know the operation all follow from it. Conform a type of your own, call
/// it through ``GraphBuilder/apply(_:inputs:attributes:named:)-(any CompositeOperation,_,_,_)``,
/// and every backend runs it; a backend that knows its versioned name may claim it whole.
public protocol CompositeOperation: Sendable {
    var schema: OperationSchema { get }

    /// What costs and counting know of it. None by default: its parts say it all.
    var facts: OperationFacts { get }

    /// Builds the subgraph that the call means, and returns its results by output name.
    /// Outputs that are not in ``CompositeCall/wanted`` may be left out.
    func decompose(_ call: CompositeCall) throws(GraphError) -> [String: Value]
}

extension CompositeOperation {
    public var facts: OperationFacts { OperationFacts() }
}

/// One use of a composite: its inputs and attributes, and the builder to write the parts into.
public struct CompositeCall {
    public let graph: GraphBuilder
    public let operation: String
    public let attributes: Attributes
    public let wanted: Set<String>
    let inputs: [String: Value]

    /// A required input.
    public subscript(_ name: String) -> Value {
        guard let value = inputs[name] else {
            preconditionFailure("a verified call of \(operation) has no input \(name)")
        }
        return value
    }

    public func optional(_ name: String) -> Value? { inputs[name] }

    /// Complains in the name of the operation.
    public func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws(GraphError) {
        guard condition else { throw .node(name: "", operation: operation, reason: reason()) }
    }
}
