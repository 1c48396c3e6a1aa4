public import AttendPlugin
public import AttendRuntime
private import Foundation
private import OpenBLASBackend
private import OpenCLBackend
private import ReferenceBackend
private import SIMDBackend

/// The backends known to a program, by name.
///
/// A program adds its own with ``register(_:)-(Entry)``. Backends are made on demand.
public struct BackendRegistry: Sendable {
    /// A registered backend with the function that makes it.
    public struct Entry: Sendable {
        /// The name accepted by `--backend`, without a device.
        public var name: String
        /// Other accepted names.
        public var aliases: [String]
        /// A one-line description for listings.
        public var summary: String
        /// Whether ``automaticName`` may select it.
        public var isCandidate: Bool
        /// Lists the devices, for a backend with several; `name:DEVICE` selects one. Nil for a backend without a choice
        /// of devices.
        public var devices: (@Sendable () throws -> [BackendDevice])?
        /// Makes the backend.
        ///
        /// - Throws: ``AttendBackend/BackendUnavailable``.
        public var make: @Sendable (BackendOptions) throws -> any ComputeBackend
        /// The plug-in behind the backend; nil for a compiled-in backend.
        public var plugin: Plugin?

        /// Creates an entry without a plug-in.
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

    /// All entries in the order of registration.
    public private(set) var entries: [Entry]

    /// The backend used when none is named.
    public static let defaultName = "simd"

    /// Reserved name that selects the fastest backend automatically; plug-ins cannot use it.
    public static let automaticName = "auto"

    /// Creates a registry of these entries.
    public init(entries: [Entry]) { self.entries = entries }

    /// The built-in backends: `reference`, `simd`, `openblas` and `opencl`.
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
            name: "opencl", summary: "OpenCL devices: GPUs, or the CPU through PoCL", isCandidate: true,
            devices: OpenCL.devices
        ) { try OpenCL.makeBackend(device: $0.device, threads: $0.threads) }
    ])

    /// Adds an entry. It takes precedence over an earlier one of the same name.
    public mutating func register(_ entry: Entry) { entries.append(entry) }

    /// The last registered entry with this name or alias; a device suffix (`:DEVICE`) is ignored. O(entries).
    public func entry(named name: String) -> Entry? {
        let name = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        return entries.last { entry in name.map { entry.name == $0 || entry.aliases.contains($0) } ?? false }
    }

    /// `name`, else the environment variable `ATTEND_BACKEND`, else ``defaultName``.
    public static func wantedName(_ name: String? = nil) -> String { name ?? variable ?? defaultName }

    private static var variable: String? {
        ProcessInfo.processInfo.environment["ATTEND_BACKEND"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Makes the backend of this name, or of `ATTEND_BACKEND`, or the default. `opencl:gpu` also selects a device, and
    /// `auto` the fastest backend; see ``fastest(options:profiles:report:)``.
    ///
    /// - Throws: ``BackendUnavailable`` for an unknown name or an unavailable backend or device, without falling back
    ///   to another; for `auto` as ``fastest(options:profiles:report:)``.
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
                name: wanted, reason: "unknown backend\(source)", remedy: "\(near) backends: \(known)")
        }
        var options = options
        if let colon = wanted.firstIndex(of: ":") {
            guard entry.devices != nil else {
                throw BackendUnavailable(
                    name: wanted, reason: "\(entry.name) has no selectable devices",
                    remedy: "use \(entry.name) without a device")
            }
            options.device = String(wanted[wanted.index(after: colon)...])
        }
        return try entry.make(options)
    }
}
