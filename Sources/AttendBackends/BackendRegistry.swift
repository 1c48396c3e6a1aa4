public import AttendCore
private import Foundation
private import OpenBLASBackend
private import ReferenceBackend
private import SIMDBackend

/// The backends of this program, by name: the only place that knows them all.
///
/// A program adds its own with ``register(_:)``; each is made when it is asked for.
public struct BackendRegistry: Sendable {
    /// One backend, before it is made.
    public struct Entry: Sendable {
        public var name: String
        public var aliases: [String]
        /// One line for people.
        public var summary: String
        /// Makes the backend. Throws what people need to know: why it is not there, and what to install.
        public var make: @Sendable (BackendOptions) throws -> any ComputeBackend

        public init(
            name: String, aliases: [String] = [], summary: String,
            make: @escaping @Sendable (BackendOptions) throws -> any ComputeBackend
        ) {
            self.name = name
            self.aliases = aliases
            self.summary = summary
            self.make = make
        }
    }

    public private(set) var entries: [Entry]

    /// The backend that runs where none is named.
    public static let defaultName = "simd"

    public init(entries: [Entry]) { self.entries = entries }

    /// What comes with Attend. A new built-in backend is one line here.
    public static let builtIn = BackendRegistry(entries: [
        Entry(name: "reference", aliases: ["naive"], summary: "naive Swift, the executable specification") { _ in
            makeReference()
        },
        Entry(name: "simd", summary: "Swift SIMD kernels on all cores") { HostBackend.simd(threads: $0.threads) },
        Entry(name: "openblas", summary: "matrix products by OpenBLAS, the rest as simd") { options in
            do throws(OpenBLAS.Unavailable) {
                return try OpenBLAS.makeBackend(threads: options.threads)
            } catch {
                throw BackendUnavailable(
                    name: "openblas", reason: error.description,
                    remedy: "install it: apt-get install libopenblas0-pthread")
            }
        }
    ])

    public mutating func register(_ entry: Entry) { entries.append(entry) }

    public func entry(named name: String) -> Entry? {
        entries.last { $0.name == name || $0.aliases.contains(name) }
    }

    /// Makes the backend of this name, or of `ATTEND_BACKEND`, or the default.
    ///
    /// - Throws: ``BackendUnavailable``; nothing else is taken in its place.
    public func backend(
        named name: String? = nil, options: BackendOptions = BackendOptions()
    ) throws -> any ComputeBackend {
        let variable = ProcessInfo.processInfo.environment["ATTEND_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
        let wanted = name ?? variable ?? BackendRegistry.defaultName
        guard let entry = entry(named: wanted) else {
            let known = entries.map(\.name).joined(separator: ", ")
            let source = name == nil && variable != nil ? " (from ATTEND_BACKEND)" : ""
            throw BackendUnavailable(
                name: wanted, reason: "there is no such backend\(source)", remedy: "known are: \(known)")
        }
        return try entry.make(options)
    }
}

/// What a backend is made with.
public struct BackendOptions: Sendable {
    /// Threads to compute with; nil for one on each processor.
    public var threads: Int?

    public init(threads: Int? = nil) { self.threads = threads }
}

/// A backend that can't be had here, why, and what would help.
public struct BackendUnavailable: Error, Sendable, CustomStringConvertible {
    public var name: String
    public var reason: String
    public var remedy: String

    public init(name: String, reason: String, remedy: String) {
        self.name = name
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String { "backend \"\(name)\": \(reason); \(remedy)" }
}
