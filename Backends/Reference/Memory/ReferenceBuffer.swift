import AttendBackend
import Synchronization

/// A buffer of typed values at byte offsets instead of bytes.
///
/// Several values may share a buffer. Writing a value removes all others that it overlaps, so that reading a value
/// whose memory was reused is an error here, where other backends would return garbage.
final class ReferenceBuffer<Scalar: ReferenceScalar>: DeviceBuffer {
    private struct Place {
        var offset: Int
        var byteCount: Int
        var elements: Elements<Scalar>

        var end: Int { offset + byteCount }
    }

    let backend: String
    let byteCount: Int
    /// By ascending offset; none empty, none overlapping another. Locked only to look up and to store.
    private let places = Mutex<[Place]>([])

    init(byteCount: Int, backend: String) {
        self.byteCount = byteCount
        self.backend = backend
    }

    /// The `count` elements at `offset`: a value, or a part of one.
    func read(at offset: Int, dtype: DType, count: Int) throws(BackendError) -> Elements<Scalar> {
        guard count > 0 else { return Elements(emptyOf: dtype) }
        let size = Elements<Scalar>.byteCount(of: dtype)
        let place = places.withLock { places in
            let next = places.firstPosition { $0.offset > offset }
            return next > 0 ? places[next - 1] : nil
        }
        guard let place, offset < place.end else {
            throw failure("read \(count) elements of \(dtype) at byte \(offset)", "nothing was written there")
        }
        let first = (offset - place.offset) / size
        guard place.elements.holds(dtype), (offset - place.offset) % size == 0, first + count <= place.elements.count
        else {
            throw failure(
                "read \(count) elements of \(dtype) at byte \(offset)",
                "found \(place.elements.count) elements of \(place.elements.kind) at byte \(place.offset)")
        }
        return count == place.elements.count ? place.elements : place.elements[first..<first + count]
    }

    func write(_ elements: Elements<Scalar>, at offset: Int, dtype: DType) throws(BackendError) {
        guard elements.count > 0 else { return }
        let size = elements.count * Elements<Scalar>.byteCount(of: dtype)
        guard offset >= 0, offset <= byteCount, size <= byteCount - offset else {
            throw failure(
                "write \(elements.count) elements of \(dtype) at byte \(offset)",
                "the buffer ends at byte \(byteCount), after \(byteCount - offset) of \(size) bytes")
        }
        let place = Place(offset: offset, byteCount: size, elements: elements)
        places.withLock { places in
            let first = places.firstPosition { $0.end > place.offset }
            let last = places.firstPosition { $0.offset >= place.end }
            places.replaceSubrange(first..<max(first, last), with: CollectionOfOne(place))
        }
    }

    private func failure(_ action: String, _ reason: String) -> BackendError {
        .failed(backend: backend, action: action, reason: reason)
    }
}

extension Array {
    /// The first index from which on `predicate` is true, by binary search.
    fileprivate func firstPosition(where predicate: (Element) -> Bool) -> Int {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range = predicate(self[middle]) ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return range.lowerBound
    }
}

extension BufferSlice {
    /// The buffer as one of this backend.
    func reference<Scalar>(_: Scalar.Type, backend: String) throws(BackendError) -> ReferenceBuffer<Scalar> {
        guard let buffer = buffer as? ReferenceBuffer<Scalar> else {
            throw .failed(
                backend: backend, action: "use a buffer", reason: "it belongs to another backend (\(type(of: buffer)))")
        }
        return buffer
    }
}
