public import AttendPlugin
public import AttendRuntime
private import Foundation
private import OpenBLASBackend
private import OpenCLBackend
private import ReferenceBackend
private import SIMDBackend

/// The backends of this program, by name.
///
/// A program adds its own with ``register(_:)``; each is made when it is asked for.
public struct BackendRegistry: Sendable {
    /// One backend, before it is made.
    public struct Entry: Sendable {
        public var name: String
        public var aliases: [String]
        /// One line for people.
        public var summary: String
        /// Whether ``automaticName`` may select it.
        public var isCandidate: Bool
        /// The devices to choose among, for a backend that has several; `name:DEVICE` chooses one.
        public var devices: (@Sendable () throws -> [BackendDevice])?
        /// Makes the backend.
        ///
        /// - Throws: ``AttendBackend/BackendUnavailable``.
        public var make: @Sendable (BackendOptions) throws -> any ComputeBackend
        /// The library that it comes from; nil for a backend of the program's own.
        public var plugin: Plugin?

        public init(
            name: String, aliases: [String] = [], summary: String, isCandidate: Bool = false,
            devices: (@Sendable () throws -> [BackendDevice])? = nil,
            make: @escaping @Sendable (BackendOptions) throws -> any ComputeBackend
        ) {
            self.name = name
            self.aliases = aliases
            self.summary = summary
            self.isCandidate = isCandidate
            self.devices = devices
            self.make = make
        }
    }

    public private(set) var entries: [Entry]

    /// The backend that runs where none is named.
    public static let defaultName = "simd"

    /// Reserved name that selects the fastest backend automatically; plug-ins cannot use it.
    public static let automaticName = "auto"

    public init(entries: [Entry]) { self.entries = entries }

    /// The backends that come with Attend.
    public static let builtIn = BackendRegistry(entries: [
        Entry(name: "reference", aliases: ["naive"], summary: "naive Swift, the executable specification") { _ in
            makeReference()
        },
        Entry(name: "simd", summary: "Swift SIMD kernels on all cores", isCandidate: true) {
            try HostBackend.simd(threads: $0.threads)
        },
        Entry(name: "openblas", summary: "matrix products by OpenBLAS, the rest as simd", isCandidate: true) {
            try OpenBLAS.makeBackend(threads: $0.threads)
        },
        Entry(
            name: "opencl", summary: "OpenCL devices: GPUs, or the processor by PoCL", isCandidate: true,
            devices: OpenCL.devices
        ) { try OpenCL.makeBackend(device: $0.device, threads: $0.threads) }
    ])

    public mutating func register(_ entry: Entry) { entries.append(entry) }

    /// The entry of this name or alias; a device after a colon is not looked at.
    public func entry(named name: String) -> Entry? {
        let name = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        return entries.last { entry in name.map { entry.name == $0 || entry.aliases.contains($0) } ?? false }
    }

    /// `name`, else `ATTEND_BACKEND`, else the default.
    public static func wantedName(_ name: String? = nil) -> String { name ?? variable ?? defaultName }

    private static var variable: String? {
        ProcessInfo.processInfo.environment["ATTEND_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Makes the backend of this name, or of `ATTEND_BACKEND`, or the default. `opencl:gpu` names a device as well, and `auto`
    /// selects the fastest one, see ``fastest(options:profiles:report:)``.
    ///
    /// - Throws: ``BackendUnavailable``; nothing else is taken in its place.
    public func backend(
        named name: String? = nil, options: BackendOptions = BackendOptions()
    ) throws -> any ComputeBackend {
        let wanted = BackendRegistry.wantedName(name)
        guard wanted != BackendRegistry.automaticName else { return try fastest(options: options).backend }
        guard let entry = entry(named: wanted) else {
            let names = entries.flatMap { [$0.name] + $0.aliases } + [BackendRegistry.automaticName]
            let known = (entries.map(\.name) + [BackendRegistry.automaticName]).joined(separator: ", ")
            let source = name == nil && BackendRegistry.variable != nil ? " (from ATTEND_BACKEND)" : ""
            let near = Nearest.name(to: wanted, among: names).map { "did you mean \"\($0)\"? Known" } ?? "known"
            throw BackendUnavailable(
                name: wanted, reason: "there is no such backend\(source)", remedy: "\(near) are: \(known)")
        }
        var options = options
        if let colon = wanted.firstIndex(of: ":") {
            guard entry.devices != nil else {
                throw BackendUnavailable(
                    name: wanted, reason: "\(entry.name) has no devices to choose among", remedy: "name it alone")
            }
            options.device = String(wanted[wanted.index(after: colon)...])
        }
        return try entry.make(options)
    }
}
