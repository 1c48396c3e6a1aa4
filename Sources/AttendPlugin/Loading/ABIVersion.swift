private import CAttendBackend

/// A version of attend_backend.h. What is of one major version is understood by hosts and plug-ins of that major version.
public struct ABIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int

    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `1.0`; nil where it is no such text.
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

    /// Whether a plug-in that needs this version can work here.
    var isUnderstood: Bool { major == ABIVersion.host.major && minor <= ABIVersion.host.minor }

    public static func < (left: ABIVersion, right: ABIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public var description: String { "\(major).\(minor)" }
}
