/// Numbers of an explanation, and how they want to be seen.
public enum Figure: Sendable, Hashable {
    case vectors(VectorFigure)
    case grid(GridFigure)
    case facts([Fact])
}

/// Vectors beside each other, each with a label.
public struct VectorFigure: Sendable, Hashable {
    public var name: String
    /// What each vector belongs to, such as its token.
    public var labels: [String]
    /// What each number means; nil for numbered ones.
    public var components: [String]?
    /// The vectors, all of one length.
    public var values: [[Float]]
    /// Whether components that are 0 in all of them may be passed over.
    public var isSparse: Bool

    public init(
        _ name: String, labels: [String], components: [String]? = nil, values: [[Float]], isSparse: Bool = false
    ) {
        (self.name, self.labels, self.components, self.values) = (name, labels, components, values)
        self.isSparse = isSparse
    }
}

/// A number for each query and key.
public struct GridFigure: Sendable, Hashable {
    public enum Style: String, Sendable { case numbers, dots }

    public var name: String
    public var queries: [String]
    public var keys: [String]
    /// `values[query][key]`.
    public var values: [[Float]]
    public var style: Style
    /// Whether each query's sum over the keys is shown.
    public var showsSums: Bool

    public init(
        _ name: String, queries: [String], keys: [String], values: [[Float]], style: Style = .numbers,
        showsSums: Bool = false
    ) {
        (self.name, self.queries, self.keys, self.values) = (name, queries, keys, values)
        (self.style, self.showsSums) = (style, showsSums)
    }

    /// What each query gives away in all.
    public var sums: [Float] { values.map { $0.reduce(0, +) } }
}

/// One number, or a word in its place.
public struct Fact: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case count(Int)
        case number(Double)
        case shape([Int])
        case text(String)
    }

    public var label: String
    public var value: Value

    public init(_ label: String, _ value: Value) { (self.label, self.value) = (label, value) }
}
