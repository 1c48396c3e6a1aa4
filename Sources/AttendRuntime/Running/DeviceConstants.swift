import AttendBackend
import AttendGraph
import Synchronization

/// A constant in one layout on a device, kept while a program holds it.
final class DeviceConstant: Sendable {
    let buffer: any DeviceBuffer
    private let placed: Plan.PlacedConstant
    private let owner: DeviceConstants

    fileprivate init(_ buffer: any DeviceBuffer, _ placed: Plan.PlacedConstant, _ owner: DeviceConstants) {
        (self.buffer, self.placed, self.owner) = (buffer, placed, owner)
    }

    deinit { owner.forget(placed) }
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
        /// Constants by the hash of their tensor's bits.
        var byBits: [Int: Set<Plan.PlacedConstant>] = [:]

        mutating func add(_ constant: DeviceConstant, _ placed: Plan.PlacedConstant) {
            constants[placed] = Weak(object: constant)
            byBits[BitwiseTensor(placed.tensor).hashValue, default: []].insert(placed)
        }

        mutating func remove(_ placed: Plan.PlacedConstant) {
            constants[placed] = nil
            let hash = BitwiseTensor(placed.tensor).hashValue
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

    /// The constant on the device, uploaded at the first call.
    ///
    /// - Parameter placed: Its `backendIndex` is ignored.
    func constant(_ placed: Plan.PlacedConstant) throws(BackendError) -> DeviceConstant {
        var placed = placed
        placed.backendIndex = 0
        return try known.withLock { known throws(BackendError) in
            if let constant = known.constants[placed]?.object { return constant }
            let made = DeviceConstant(try upload(placed), placed, self)
            known.add(made, placed)
            return made
        }
    }

    /// A tensor already on the device with the same bits. O(elements).
    func constant(equalTo wanted: BitwiseTensor) -> BitwiseTensor? {
        known.withLock { known in
            for placed in known.byBits[wanted.hashValue] ?? [] where known.constants[placed]?.object != nil {
                let literal = BitwiseTensor(placed.tensor)
                if literal == wanted { return literal }
            }
            return nil
        }
    }

    fileprivate func forget(_ placed: Plan.PlacedConstant) {
        known.withLock { known in
            if known.constants[placed]?.object == nil { known.remove(placed) }
        }
    }

    private func upload(_ placed: Plan.PlacedConstant) throws(BackendError) -> any DeviceBuffer {
        if let view = placed.packed, let layout = placed.packing?.layout {
            return try backend.pack(view, layout: layout)
        }
        let tensor = placed.tensor
        let stream = try backend.makeStream()
        let buffer = try backend.makeBuffer(
            byteCount: tensor.elementCount * backend.storageByteCount(of: tensor.dtype))
        try stream.copyIn(tensor, to: BufferSlice(buffer))
        try stream.synchronize()
        return buffer
    }
}
