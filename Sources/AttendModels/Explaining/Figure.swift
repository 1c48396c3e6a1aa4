/// Numbers of an explanation with their presentation.
public enum Figure: Sendable, Hashable {
    /// Labeled vectors.
    case vectors(VectorFigure)
    /// A matrix over queries and keys.
    case grid(GridFigure)
    /// Labeled single values.
    case facts([Fact])
}

/// A set of vectors, each with a label.
public struct VectorFigure: Sendable, Hashable {
    /// The figure's title.
    public var name: String
    /// The label of each vector, such as its token.
    public var labels: [String]
    /// The name of each component; nil for numbered ones.
    public var components: [String]?
    /// The vectors, `[labels, components]`.
    public var values: [[Float]]
    /// Whether components that are 0 in all vectors may be omitted.
    public var isSparse: Bool

    /// A figure of `values`, one row per label.
    public init(
        _ name: String, labels: [String], components: [String]? = nil, values: [[Float]], isSparse: Bool = false
    ) {
        (self.name, self.labels, self.components, self.values) = (name, labels, components, values)
        self.isSparse = isSparse
    }
}

/// A matrix over queries and keys.
public struct GridFigure: Sendable, Hashable {
    /// The presentation of the cells: as numbers, or as dots whose size is the value.
    public enum Style: String, Sendable { case numbers, dots }

    /// The figure's title.
    public var name: String
    /// The labels of the rows.
    public var queries: [String]
    /// The labels of the columns.
    public var keys: [String]
    /// The cells, `values[query][key]`.
    public var values: [[Float]]
    /// The presentation of the cells.
    public var style: Style
    /// Whether each row's sum is shown.
    public var showsSums: Bool

    /// A figure of `values`, one row per query and one column per key.
    public init(
        _ name: String, queries: [String], keys: [String], values: [[Float]], style: Style = .numbers,
        showsSums: Bool = false
    ) {
        (self.name, self.queries, self.keys, self.values) = (name, queries, keys, values)
        (self.style, self.showsSums) = (style, showsSums)
    }

    /// The sum of each row.
    public var sums: [Float] { values.map { $0.reduce(0, +) } }
}

/// A labeled single value.
public struct Fact: Sendable, Hashable {
    /// A value with its presentation.
    public enum Value: Sendable, Hashable {
        /// A count, shown with digit grouping.
        case count(Int)
        /// A real number.
        case number(Double)
        /// A tensor shape.
        case shape([Int])
        /// A text.
        case text(String)
    }

    /// The label.
    public var label: String
    /// The value.
    public var value: Value

    /// A fact with a label and a value.
    public init(_ label: String, _ value: Value) { (self.label, self.value) = (label, value) }
}
