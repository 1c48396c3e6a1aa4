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
        for output in outputs { try copy.target.output(output.name, copy.copy(of: output.value)) }
        for state in states {
            guard let update = state.update else { continue }
            try copy.target.output(state.name + Graph.nextSuffix, copy.copy(of: update))
        }
        return try copy.target.build()
    }
}
