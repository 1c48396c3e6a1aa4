import AttendBackend
import AttendGraph
import Synchronization

/// A constant in one layout on a device, kept while a program holds it.
final class DeviceConstant: Sendable {
    private let placed: Plan.PlacedConstant
    private let owner: DeviceConstants
    /// Nil until the upload; the lock makes other threads wait for it.
    private let uploaded = Mutex<(any DeviceBuffer)?>(nil)

    fileprivate init(_ placed: Plan.PlacedConstant, _ owner: DeviceConstants) {
        (self.placed, self.owner) = (placed, owner)
    }

    deinit { owner.forget(placed) }

    /// The constant's memory, filled at the first call. A failed upload is tried again at the next one.
    func buffer() throws(RunError) -> any DeviceBuffer {
        try uploaded.withLock { known throws(RunError) in
            if let known { return known }
            let made = try owner.upload(placed)
            known = made
            return made
        }
    }

    /// Whether the upload is done.
    var isUploaded: Bool { uploaded.withLock { $0 != nil } }

    /// Bytes on the device; 0 before the upload.
    var byteCount: Int { uploaded.withLock { $0?.byteCount ?? 0 } }
}

/// The constants of one backend, shared by all programs on it.
final class DeviceConstants: Sendable {
    private struct Weak<Object: AnyObject & Sendable>: Sendable {
        weak var object: Object?
    }

    private static let all = Mutex<[ObjectIdentifier: Weak<DeviceConstants>]>([:])

    private let backend: any ComputeBackend
    private let known = Mutex(Known())

    private struct Known {
        var constants: [Plan.PlacedConstant: Weak<DeviceConstant>] = [:]
        /// Constants in memory by the hash of their bits.
        var byBits: [Int: Set<Plan.PlacedConstant>] = [:]

        mutating func add(_ constant: DeviceConstant, _ placed: Plan.PlacedConstant) {
            constants[placed] = Weak(object: constant)
            if let hash = placed.literal?.hashValue { byBits[hash, default: []].insert(placed) }
        }

        mutating func remove(_ placed: Plan.PlacedConstant) {
            constants[placed] = nil
            guard let hash = placed.literal?.hashValue else { return }
            byBits[hash]?.remove(placed)
            if byBits[hash]?.isEmpty ?? false { byBits[hash] = nil }
        }
    }

    private init(_ backend: any ComputeBackend) { self.backend = backend }

    deinit {
        let key = ObjectIdentifier(backend)
        // A new object for the same backend may have been made meanwhile.
        DeviceConstants.all.withLock { all in
            if all[key]?.object == nil { all[key] = nil }
        }
    }

    static func of(_ backend: any ComputeBackend) -> DeviceConstants {
        all.withLock { all in
            let key = ObjectIdentifier(backend)
            if let known = all[key]?.object { return known }
            let made = DeviceConstants(backend)
            all[key] = Weak(object: made)
            return made
        }
    }

    /// The constant on the device; its memory is filled later.
    ///
    /// - Parameter placed: Its `backendIndex` is ignored.
    func constant(_ placed: Plan.PlacedConstant) -> DeviceConstant {
        var placed = placed
        placed.backendIndex = 0
        return known.withLock { known in
            if let constant = known.constants[placed]?.object { return constant }
            let made = DeviceConstant(placed, self)
            known.add(made, placed)
            return made
        }
    }

    /// A tensor already on the device with the same bits. O(elements).
    func constant(equalTo wanted: BitwiseTensor) -> BitwiseTensor? {
        known.withLock { known in
            for placed in known.byBits[wanted.hashValue] ?? [] where known.constants[placed]?.object != nil {
                if let literal = placed.literal, literal == wanted { return literal }
            }
            return nil
        }
    }

    fileprivate func forget(_ placed: Plan.PlacedConstant) {
        known.withLock { known in
            if known.constants[placed]?.object == nil { known.remove(placed) }
        }
    }

    fileprivate func upload(_ placed: Plan.PlacedConstant) throws(RunError) -> any DeviceBuffer {
        let tensor: Tensor
        do throws(ConstantError) {
            tensor = try placed.tensor()
        } catch {
            throw .constant(error)
        }
        do throws(BackendError) {
            if let layout = placed.packing?.layout { return try backend.pack(tensor, layout: layout) }
            let stream = try backend.makeStream()
            let buffer = try backend.makeBuffer(
                byteCount: tensor.elementCount * backend.storageByteCount(of: tensor.dtype))
            try stream.copyIn(tensor, to: BufferSlice(buffer))
            try stream.synchronize()
            return buffer
        } catch {
            throw .backend(error, node: nil)
        }
    }
}

extension Plan.PlacedConstant {
    /// The elements in memory, to be found by their bits; nil for deferred ones.
    fileprivate var literal: BitwiseTensor? {
        if case .held(let tensor) = content { BitwiseTensor(tensor) } else { nil }
    }
}
