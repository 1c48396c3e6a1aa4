/// The identity of an operation: its name and version, `linear.v1`.
///
/// Operations with a whole kernel or a rule of their own have a constant here, defined beside the operation.
public struct OperationID: Sendable, Hashable, CustomStringConvertible {
    /// Lower-case words joined by underscores.
    public let name: String
    /// The version, from 1.
    public let version: Int

    /// The identity of this name and version.
    public init(_ name: String, version: Int = 1) { (self.name, self.version) = (name, version) }

    /// `linear.v1`, as in plug-ins and reports.
    public var description: String { "\(name).v\(version)" }
}

extension Operation {
    /// Name and version.
    public var id: OperationID { OperationID(name, version: version) }
}

extension OperationSchema {
    /// Name and version.
    public var id: OperationID { OperationID(name, version: version) }
}
