/// A device that a backend can compute on.
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

/// Why a backend is not available, and what helps.
public struct BackendUnavailable: Error, Sendable, CustomStringConvertible {
    /// The backend's name, as `--backend` takes it.
    public var name: String
    /// The cause, such as a missing library.
    public var reason: String
    /// What to install or set.
    public var remedy: String

    public init(name: String, reason: String, remedy: String) {
        self.name = name
        self.reason = reason
        self.remedy = remedy
    }

    public var description: String { "backend \"\(name)\": \(reason); \(remedy)" }
}
