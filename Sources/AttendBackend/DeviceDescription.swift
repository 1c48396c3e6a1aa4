import AttendGraph

/// What a backend runs on, for people and reports.
public struct DeviceDescription: Sendable, Hashable {
    /// The backend's name, as `--backend` takes it.
    public var backend: String
    /// The hardware, such as the processor's model.
    public var name: String
    /// Threads or compute units in use.
    public var threads: Int
    /// The instruction set in use, such as `AVX-512`; nil where there is nothing to choose.
    public var instructionSet: String?
    /// The library behind the backend, such as OpenBLAS and its version.
    public var library: String?
    /// Bytes of its memory; nil where nobody knows.
    public var memoryByteCount: Int?
    /// Whether the bits of a result are independent of the number of threads, of what else is in the batch and of the run.
    public var determinism: Determinism
    /// The most bytes that one buffer may have; nil for no limit but the memory's.
    public var largestBufferByteCount: Int?

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

/// Whether a backend promises the same bits in every run.
public enum Determinism: Sendable, Hashable {
    case promised
    /// The reason for people.
    case notPromised(reason: String)

    /// Without a reason of the backend.
    public static let notPromised = Determinism.notPromised(reason: "it does not promise the same bits")
}

extension DeviceDescription: CustomStringConvertible {
    /// `simd on Xeon, 2 threads, AVX-512`.
    public var description: String {
        let parts = [name, "\(threads) thread\(threads == 1 ? "" : "s")", instructionSet, library].compactMap(\.self)
        return "\(backend) on \(parts.joined(separator: ", "))"
    }
}

/// What can go wrong on a device. Every case names the backend.
@nonexhaustive
public enum BackendError: Error, Sendable, Hashable {
    case outOfMemory(backend: String, byteCount: Int)
    /// An index of `gather`, `scatter_add` or `update_slice` outside of its axis. A device that tells it only
    /// when the stream is synchronised names the ``KernelInstance`` that met it, so that its node can be named.
    case indexOutOfRange(
        backend: String, operation: String, index: Int, size: Int, instance: ObjectIdentifier? = nil)
    case failed(backend: String, action: String, reason: String)
    /// The device is gone; its sessions are of no more use.
    case deviceLost(backend: String, reason: String)
}

extension BackendError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .outOfMemory(let backend, let byteCount): "\(backend): no room for \(byteCount) bytes"
        case .indexOutOfRange(let backend, let operation, let index, let size, _):
            "\(backend): \(operation): index \(index) is outside of an axis of size \(size)"
                + (operation == Primitive.updateSlice.rawValue
                    ? ": what is written there ends beyond it; a cache that is full grows by session.reserve(_:atLeast:)"
                    : "")
        case .failed(let backend, let action, let reason): "\(backend): can't \(action): \(reason)"
        case .deviceLost(let backend, let reason): "\(backend): the device was lost: \(reason)"
        }
    }
}
