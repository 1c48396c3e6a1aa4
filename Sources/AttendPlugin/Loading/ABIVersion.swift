private import CAttendBackend

/// A version of attend_backend.h. Hosts and plug-ins of the same major version are compatible if the host's minor
/// version is at least the plug-in's.
public struct ABIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Incompatible versions differ in this number.
    public var major: Int
    /// Increases with compatible additions.
    public var minor: Int

    /// Creates a version from its numbers.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses `MAJOR.MINOR`, such as `1.0`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
            let major = UInt16(parts[0]), let minor = UInt16(parts[1])
        else { return nil }
        self.init(major: Int(major), minor: Int(minor))
    }

    /// The version that this program was built with.
    public static let host = ABIVersion(major: Int(ATTEND_BACKEND_MAJOR), minor: Int(ATTEND_BACKEND_MINOR))

    /// Whether this host supports a plug-in that requires this version.
    var isUnderstood: Bool { major == ABIVersion.host.major && minor <= ABIVersion.host.minor }

    /// Orders by major, then minor number.
    public static func < (left: ABIVersion, right: ABIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// `MAJOR.MINOR`.
    public var description: String { "\(major).\(minor)" }
}
