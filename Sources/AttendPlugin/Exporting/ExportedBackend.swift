public import AttendBackend
public import CAttendBackend

/// A Swift backend exported by a dynamic library. Conform, and export it with one line at the top level of a file:
///
/// ```swift
/// @c(attend_plugin_start)
/// public func start(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? { Mine.export(host, fault) }
/// ```
///
/// Build it as a dynamic library, with a manifest of the same name and version as a resource of its target, and load it
/// with `--plugin`. A library holds one such backend. The same type can be used in a program without a library: see
/// ``AttendRegistry/BackendRegistry/register(_:)-(Entry)``.
public protocol ExportedBackend: ComputeBackend {
    /// The name accepted by `--backend`, equal to the manifest's: a-z, 0-9, _ and -, starting with a letter.
    static var name: String { get }

    /// The version, equal to the manifest's.
    static var version: String { get }

    /// The devices to choose from; nil if there is no choice. Evaluated at each listing.
    static var devices: [PluginDevice]? { get }

    /// Creates the backend on a device.
    ///
    /// - Throws: Any error; the user is shown its description.
    init(_ options: PluginOptions) throws
}

extension ExportedBackend {
    /// Nil, for a backend without a choice of devices.
    public static var devices: [PluginDevice]? { nil }

    /// Allocates ``HostMemory``, for a backend whose kernels read and write it.
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try HostMemory(byteCount: byteCount, backend: device.backend)
    }

    /// Creates ``HostCopies``, for a backend whose kernels are finished when `run` returns, and whose buffers are
    /// ``HostMemory``.
    public func makeStream() throws(BackendError) -> any ComputeStream { HostCopies() }

    /// The implementation of `attend_plugin_start`, see ``ExportedBackend``. Returns nil if the host does not support
    /// this version of the interface.
    public static func export(_ host: PluginHandshake?, _ fault: PluginStartFault?) -> PluginStart? {
        guard let services = host?.pointee.services(UInt32(ATTEND_BACKEND_MAJOR), UInt32(ATTEND_BACKEND_MINOR)) else {
            return nil
        }
        var definition = ExportTable.Definition(name: name, version: version, services: services) { try Self($0) }
        if devices != nil { definition.devices = { devices ?? [] } }
        return ExportTable.make(definition)
    }
}

/// Options for creating an ``ExportedBackend``.
public struct PluginOptions: Sendable {
    /// Index in ``ExportedBackend/devices``; 0 if there is no choice.
    public var device: Int
    /// Host services: parallel loops and logging.
    public var host: PluginHost

    /// Creates options for a backend in the same program, without a library.
    ///
    /// - Parameters:
    ///   - threads: Number of threads; nil for one per processor.
    ///   - name: The name in log lines.
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
/// The result of `attend_plugin_start`.
public typealias PluginStart = UnsafePointer<attend_plugin>
