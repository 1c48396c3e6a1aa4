/// The composites available to the nodes of a graph.
package struct KnownComposites: Sendable {
    /// Available in every graph, by versioned name.
    let builtIn: [String: any CompositeOperation]
    /// The graph's own, by versioned name.
    package var own: [String: any CompositeOperation]

    package subscript(versionedName: String) -> (any CompositeOperation)? {
        own[versionedName] ?? builtIn[versionedName]
    }
}

extension Graph {
    package var knownComposites: KnownComposites { KnownComposites(builtIn: builtIn, own: composites) }
}

extension GraphBuilder {
    var knownComposites: KnownComposites { KnownComposites(builtIn: builtIn, own: composites) }
}
