/// The composites that nodes of a graph may use.
package struct KnownComposites: Sendable {
    /// By versioned name, in every graph.
    let builtIn: [String: any CompositeOperation]
    /// By versioned name, the graph's own.
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
