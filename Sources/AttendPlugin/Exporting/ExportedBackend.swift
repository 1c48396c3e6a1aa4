public import AttendBackend
public import CAttendBackend

/// A backend in Swift that a library can hold. Conform, and export it with one line at the top level of a file:
///
/// ```swift
/// @c(attend_plugin_start)
/// public func start(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? { Mine.export(host, fault) }
/// ```
///
/// Built as a dynamic library, with a manifest of this name and version as a resource of its target, `--plugin` loads it. A library
/// holds one such backend. The same type joins a program of your own by ``AttendRegistry/BackendRegistry/register(_:)-(Entry)``, without a library.
public protocol ExportedBackend: ComputeBackend {
    /// As `--backend` takes it, and as in the manifest: a-z, 0-9, _ and -, a letter first.
    static var name: String { get }

    /// As in the manifest.
    static var version: String { get }

    /// The devices to choose among, nil where there is one and no choice. Asked for each time that they are listed.
    static var devices: [PluginDevice]? { get }

    /// - Throws: Anything; its description is what the user is told.
    init(_ options: PluginOptions) throws
}

extension ExportedBackend {
    /// Right for a backend on the processor: there is nothing to choose.
    public static var devices: [PluginDevice]? { nil }

    /// Right for a backend on the processor, whose kernels read and write ``HostMemory``.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try HostMemory(byteCount: byteCount, backend: device.backend)
    }

    /// Right for a backend whose work is done when a kernel's run returns, and whose buffers are ``HostMemory``.
    public func makeStream() throws(BackendError) -> any ComputeStream { HostCopies() }

    /// What `attend_plugin_start` has to do, see ``ExportedBackend``.
    public static func export(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? {
        guard let services = host?.pointee.services(UInt32(ATTEND_BACKEND_MAJOR), UInt32(ATTEND_BACKEND_MINOR)) else {
            return nil
        }
        var definition = ExportTable.Definition(name: name, version: version, services: services) { try Self($0) }
        if devices != nil { definition.devices = { devices ?? [] } }
        return ExportTable.make(definition)
    }
}

/// What a backend is made with.
public struct PluginOptions: Sendable {
    /// An index of ``ExportedBackend/devices``; 0 where there is no choice.
    public var device: Int
    /// Threads to compute with, and a log.
    public var host: PluginHost

    /// For a backend in a program of your own.
    ///
    /// - Parameter threads: nil for one on each processor.
    public init(device: Int = 0, threads: Int? = nil, name: String = "backend") {
        self.init(device: device, host: PluginHost(PluginContext(name: name, threads: threads)))
    }

    init(device: Int, host: PluginHost) {
        self.device = device
        self.host = host
    }
}

/// The first argument of `attend_plugin_start`.
public typealias PluginHandshake = UnsafePointer<attend_handshake>
/// The second argument of `attend_plugin_start`.
public typealias PluginStartFault = UnsafeMutablePointer<UnsafeMutablePointer<attend_error>?>
/// What `attend_plugin_start` returns.
public typealias PluginStart = UnsafePointer<attend_plugin>
