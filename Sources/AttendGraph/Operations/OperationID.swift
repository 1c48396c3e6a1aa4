/// The identity of an operation: its name and its version, `linear.v1`.
///
/// Operations with a whole kernel or a rule of their own have a constant here, beside their definition.
public struct OperationID: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let version: Int

    public init(_ name: String, version: Int = 1) { (self.name, self.version) = (name, version) }

    /// `linear.v1`, as plug-ins and reports have it.
    public var description: String { "\(name).v\(version)" }
}

extension Operation {
    public var id: OperationID { OperationID(name, version: version) }
}

extension OperationSchema {
    public var id: OperationID { OperationID(name, version: version) }
}
