extension Graph {
    /// The ending of the outputs of ``openingStates(named:)`` that are new values of states.
    package static let nextSuffix = "/next"

    /// The graph of one run with its states in the open: each is an input of its name, and each new value an output with
    /// ``nextSuffix``. O(nodes).
    package func openingStates(named name: String) throws(GraphError) -> Graph {
        var copy = GraphCopy(self, named: name)
        copy.target.adopt(composites)
        for id in values.indices {
            guard case .state = values[id].source else {
                try copy.copySource(id)
                continue
            }
            copy[id] = try copy.target.input(values[id].name, values[id].type)
        }
        for node in nodes { try copy.adopt(node) }
        for output in outputs {
            guard let value = copy[output.value] else { preconditionFailure("all values are copied") }
            try copy.target.output(output.name, value)
        }
        for state in states {
            guard let update = state.update else { continue }
            guard let value = copy[update] else { preconditionFailure("all values are copied") }
            try copy.target.output(state.name + Graph.nextSuffix, value)
        }
        return try copy.target.build()
    }
}
