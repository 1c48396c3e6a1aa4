import AttendGraph

/// Description of the device behind a backend, for reports and memory planning.
public struct DeviceDescription: Sendable, Hashable {
    /// The backend's name, as accepted by `--backend`.
    public var backend: String
    /// The hardware, such as the processor's model.
    public var name: String
    /// Number of threads or compute units in use.
    public var threads: Int
    /// The instruction set in use, such as `AVX-512`; nil if the backend has only one.
    public var instructionSet: String?
    /// The library in use, such as OpenBLAS and its version; nil for none.
    public var library: String?
    /// Device memory in bytes; nil if unknown.
    public var memoryByteCount: Int?
    /// Whether results are bitwise independent of the thread count, the rest of the batch and the run.
    public var determinism: Determinism
    /// The largest allowed buffer in bytes; nil if limited by device memory only.
    public var largestBufferByteCount: Int?

    /// Creates a description; optional properties default to unknown or unlimited, and determinism to not promised.
    public init(
        backend: String, name: String, threads: Int, instructionSet: String? = nil, library: String? = nil,
        memoryByteCount: Int? = nil, largestBufferByteCount: Int? = nil, determinism: Determinism = .notPromised
    ) {
        self.determinism = determinism
        self.memoryByteCount = memoryByteCount
        self.largestBufferByteCount = largestBufferByteCount
        self.backend = backend
        self.name = name
        self.threads = threads
        self.instructionSet = instructionSet
        self.library = library
    }
}

/// Whether a backend promises bitwise equal results in every run.
public enum Determinism: Sendable, Hashable {
    /// Bitwise equal results, independent of thread count, batch and run.
    case promised
    /// No such promise, with the reason for reports.
    case notPromised(reason: String)

    /// No promise, with a generic reason.
    public static let notPromised = Determinism.notPromised(reason: "bitwise equal results are not guaranteed")
}

extension DeviceDescription: CustomStringConvertible {
    /// A single line, such as `simd on Xeon, 2 threads, AVX-512`.
    public var description: String {
        let parts = [name, "\(threads) thread\(threads == 1 ? "" : "s")", instructionSet, library].compactMap(\.self)
        return "\(backend) on \(parts.joined(separator: ", "))"
    }
}

/// A failure of a device. Every case names the backend.
@nonexhaustive
public enum BackendError: Error, Sendable, Hashable {
    /// The device can't allocate `byteCount` bytes.
    case outOfMemory(backend: String, byteCount: Int)
    /// An index of `gather`, `scatter_add` or `update_slice` outside of its axis. `instance` identifies the
    /// ``KernelInstance`` when the device reports the error only at synchronization, so that the node can be named; nil
    /// otherwise.
    case indexOutOfRange(
        backend: String, operation: String, index: Int, size: Int, instance: ObjectIdentifier? = nil)
    /// Any other failure. `action` completes "can't …".
    case failed(backend: String, action: String, reason: String)
    /// The device is gone; its sessions are unusable.
    case deviceLost(backend: String, reason: String)
}

extension BackendError: CustomStringConvertible {
    /// The message, starting with the backend's name.
    public var description: String {
        switch self {
        case .outOfMemory(let backend, let byteCount): "\(backend): out of memory: can't allocate \(byteCount) bytes"
        case .indexOutOfRange(let backend, let operation, let index, let size, _):
            "\(backend): \(operation): index \(index) is out of range for an axis of size \(size)"
                + (operation == Primitive.updateSlice.rawValue
                    ? ": the update ends beyond the axis; grow a full cache with session.reserve(_:atLeast:)"
                    : "")
        case .failed(let backend, let action, let reason): "\(backend): can't \(action): \(reason)"
        case .deviceLost(let backend, let reason): "\(backend): the device was lost: \(reason)"
        }
    }
}
