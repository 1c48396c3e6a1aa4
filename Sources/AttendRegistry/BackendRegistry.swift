public import AttendPlugin
public import AttendRuntime
private import Foundation
private import OpenBLASBackend
private import OpenCLBackend
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
        /// The devices to choose among, for a backend that has several; `name:DEVICE` chooses one.
        public var devices: (@Sendable () throws -> [BackendDevice])?
        /// Makes the backend. Throws what people need to know: why it is not there, and what to install.
        public var make: @Sendable (BackendOptions) throws -> any ComputeBackend
        /// The library that it comes from; nil for a backend of the program's own.
        public var plugin: Plugin?

        public init(
            name: String, aliases: [String] = [], summary: String,
            devices: (@Sendable () throws -> [BackendDevice])? = nil,
            make: @escaping @Sendable (BackendOptions) throws -> any ComputeBackend
        ) {
            self.name = name
            self.aliases = aliases
            self.summary = summary
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

    /// What comes with Attend. A new built-in backend is one line here.
    public static let builtIn = BackendRegistry(entries: [
        Entry(name: "reference", aliases: ["naive"], summary: "naive Swift, the executable specification") { _ in
            makeReference()
        },
        Entry(name: "simd", summary: "Swift SIMD kernels on all cores") { options in
            do throws(HostBackend.Unavailable) {
                return try HostBackend.simd(threads: options.threads)
            } catch {
                throw BackendUnavailable(name: "simd", reason: error.reason, remedy: error.remedy)
            }
        },
        Entry(name: "openblas", summary: "matrix products by OpenBLAS, the rest as simd") { options in
            do throws(OpenBLAS.Unavailable) {
                return try OpenBLAS.makeBackend(threads: options.threads)
            } catch {
                throw BackendUnavailable(name: "openblas", reason: error.reason, remedy: error.remedy)
            }
        },
        Entry(name: "opencl", summary: "OpenCL devices: GPUs, or the processor by PoCL", devices: openCLDevices) {
            options in
            do throws(OpenCL.Unavailable) {
                return try OpenCL.makeBackend(device: options.device, threads: options.threads)
            } catch {
                throw BackendUnavailable(name: "opencl", reason: error.reason, remedy: error.remedy)
            }
        }
    ])

    @Sendable private static func openCLDevices() throws -> [BackendDevice] {
        do throws(OpenCL.Unavailable) {
            return try OpenCL.devices().map {
                BackendDevice(selector: $0.selector, name: $0.name, type: $0.type, driver: $0.driver, flaw: $0.flaw)
            }
        } catch {
            throw BackendUnavailable(name: "opencl", reason: error.reason, remedy: error.remedy)
        }
    }

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

/// One of the devices that a backend can compute on.
public struct BackendDevice: Sendable, Hashable {
    /// As `--backend` takes it: `opencl:0`.
    public var selector: String
    public var name: String
    /// `gpu`, `cpu` or `accelerator`; empty where it is not known.
    public var type: String
    /// The driver's name and version; empty where they are not known.
    public var driver: String
    /// Why it can't be used; nil where it can.
    public var flaw: String?

    public init(selector: String, name: String, type: String, driver: String, flaw: String? = nil) {
        self.selector = selector
        self.name = name
        self.type = type
        self.driver = driver
        self.flaw = flaw
    }
}

/// What a backend is made with.
public struct BackendOptions: Sendable {
    /// Threads to compute with; nil for one on each processor.
    public var threads: Int?
    /// Which of its devices, for a backend that has several: an index, a type or a part of a name.
    public var device: String?

    public init(threads: Int? = nil, device: String? = nil) {
        self.threads = threads
        self.device = device
    }
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
