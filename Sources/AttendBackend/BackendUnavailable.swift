/// A device that a backend can run on.
public struct BackendDevice: Sendable, Hashable {
    /// The name accepted by `--backend`, such as `opencl:0`.
    public var selector: String
    /// The device's name, as reported by its driver.
    public var name: String
    /// `gpu`, `cpu` or `accelerator`; empty if unknown.
    public var type: String
    /// Driver name and version; empty if unknown.
    public var driver: String
    /// The reason why the device is unusable; nil if it is usable.
    public var flaw: String?

    /// Creates a device from its properties.
    public init(selector: String, name: String, type: String, driver: String, flaw: String? = nil) {
        self.selector = selector
        self.name = name
        self.type = type
        self.driver = driver
        self.flaw = flaw
    }
}

/// Options for making a backend.
public struct BackendOptions: Sendable {
    /// Number of threads; nil for one per processor.
    public var threads: Int?
    /// The device, for a backend with several: an index, a type or a part of a name.
    public var device: String?

    /// Creates options; nil selects the defaults.
    public init(threads: Int? = nil, device: String? = nil) {
        self.threads = threads
        self.device = device
    }
}

/// The reason why a backend is unavailable, and a remedy.
public struct BackendUnavailable: Error, Sendable, CustomStringConvertible {
    /// The backend's name, as accepted by `--backend`.
    public var name: String
    /// The cause, such as a missing library.
    public var reason: String
    /// A remedy, such as a package to install or a variable to set.
    public var remedy: String

    /// Creates an error from the backend's name, the reason and a remedy.
    public init(name: String, reason: String, remedy: String) {
        self.name = name
        self.reason = reason
        self.remedy = remedy
    }

    /// A single line with name, reason and remedy.
    public var description: String { "backend \"\(name)\": \(reason); \(remedy)" }
}
