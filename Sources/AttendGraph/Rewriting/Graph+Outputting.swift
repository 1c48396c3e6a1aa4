extension Graph {
    /// The graph whose outputs are these values alone. O(nodes).
    ///
    /// - Parameter values: Values of this graph by the names of the outputs.
    /// - Throws: ``GraphError`` for a repeated name.
    package func outputting(_ values: [(name: String, value: ValueID)]) throws(GraphError) -> Graph {
        var copy = GraphCopy(self)
        copy.target.adopt(composites)
        try copy.copySources()
        for node in nodes { try copy.adopt(node) }
        for (name, id) in values { try copy.target.output(name, copy.copy(of: id)) }
        return try copy.target.build()
    }
}
