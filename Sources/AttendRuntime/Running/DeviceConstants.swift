import AttendBackend
import AttendGraph
import Synchronization

/// A constant in one layout on a device, for as long as a program holds it.
final class DeviceConstant: Sendable {
    let buffer: any DeviceBuffer
    private let place: Plan.ConstantPlace
    private let owner: DeviceConstants

    fileprivate init(_ buffer: any DeviceBuffer, _ place: Plan.ConstantPlace, _ owner: DeviceConstants) {
        (self.buffer, self.place, self.owner) = (buffer, place, owner)
    }

    deinit { owner.forget(place) }
}

/// The constants of one backend: what programs on it have in common lies there once.
final class DeviceConstants: Sendable {
    private struct Weak<Object: AnyObject & Sendable>: Sendable {
        weak var object: Object?
    }

    private static let all = Mutex<[ObjectIdentifier: Weak<DeviceConstants>]>([:])

    private let backend: any ComputeBackend
    private let known = Mutex(Known())

    private struct Known {
        var constants: [Plan.ConstantPlace: Weak<DeviceConstant>] = [:]
        /// Places of constants by the hash of their tensor's bits.
        var places: [Int: Set<Plan.ConstantPlace>] = [:]

        mutating func add(_ constant: DeviceConstant, _ place: Plan.ConstantPlace) {
            constants[place] = Weak(object: constant)
            places[BitwiseTensor(place.tensor).hashValue, default: []].insert(place)
        }

        mutating func remove(_ place: Plan.ConstantPlace) {
            constants[place] = nil
            let hash = BitwiseTensor(place.tensor).hashValue
            places[hash]?.remove(place)
            if places[hash]?.isEmpty ?? false { places[hash] = nil }
        }
    }

    private init(_ backend: any ComputeBackend) { self.backend = backend }

    deinit {
        let key = ObjectIdentifier(backend)
        // Another may have begun for the same backend meanwhile.
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

    /// The constant on the device; copied there at the first call.
    ///
    /// - Parameter place: Its home does not matter.
    func constant(_ place: Plan.ConstantPlace) throws(BackendError) -> DeviceConstant {
        var place = place
        place.home = 0
        return try known.withLock { known throws(BackendError) in
            if let constant = known.constants[place]?.object { return constant }
            let made = DeviceConstant(try upload(place), place, self)
            known.add(made, place)
            return made
        }
    }

    /// A tensor on the device with the same bits. O(its elements).
    func constant(equalTo wanted: BitwiseTensor) -> BitwiseTensor? {
        known.withLock { known in
            for place in known.places[wanted.hashValue] ?? [] where known.constants[place]?.object != nil {
                let literal = BitwiseTensor(place.tensor)
                if literal == wanted { return literal }
            }
            return nil
        }
    }

    fileprivate func forget(_ place: Plan.ConstantPlace) {
        known.withLock { known in
            if known.constants[place]?.object == nil { known.remove(place) }
        }
    }

    private func upload(_ place: Plan.ConstantPlace) throws(BackendError) -> any DeviceBuffer {
        if let view = place.packed, let layout = place.packing?.layout { return try backend.pack(view, layout: layout) }
        let tensor = place.tensor
        let stream = try backend.makeStream()
        let buffer = try backend.makeBuffer(
            byteCount: tensor.elementCount * backend.storageByteCount(of: tensor.dtype))
        try stream.copyIn(tensor, to: BufferSlice(buffer))
        try stream.synchronize()
        return buffer
    }
}
