import AttendCore
private import Synchronization

/// The elements of one value, row-major.
enum Elements<Scalar: ReferenceScalar>: Sendable {
    case floating([Scalar])
    case integer([Int64])
    case bool([Bool])

    var count: Int {
        switch self {
        case .floating(let values): values.count
        case .integer(let values): values.count
        case .bool(let values): values.count
        }
    }
}

/// Memory that no pointer reaches: values by the offset at which they were written.
///
/// Reading where nothing was written is an error, so that a plan that reads memory before it is
/// filled, or after something else was put there, is found out.
final class ReferenceBuffer<Scalar: ReferenceScalar>: DeviceBuffer {
    let byteCount: Int
    private let places = Mutex<[Int: Place]>([:])

    private struct Place: Sendable {
        var byteCount: Int
        var elements: Elements<Scalar>
    }

    init(byteCount: Int) { self.byteCount = byteCount }

    func read(at offset: Int, count: Int) throws(BackendError) -> Elements<Scalar> {
        let elements = places.withLock { $0[offset]?.elements }
        // A view that begins where the value does may end before it.
        if let elements, elements.count > count { return elements.taking(Array(0..<count)) }
        guard let elements, elements.count == count else {
            let found = elements.map { "a value of \($0.count) elements" } ?? "nothing"
            throw .failed(
                backend: "reference", action: "read \(count) elements at byte \(offset) of a buffer",
                reason: "\(found) was written there")
        }
        return elements
    }

    /// Puts a value in place, and forgets whatever it overlaps.
    func write(_ elements: Elements<Scalar>, at offset: Int, byteCount: Int) throws(BackendError) {
        guard offset >= 0, offset + byteCount <= self.byteCount else {
            throw .failed(
                backend: "reference", action: "write bytes \(offset)..<\(offset + byteCount)",
                reason: "the buffer has \(self.byteCount)")
        }
        places.withLock { places in
            if places.count > 1 || places[offset] == nil {
                places = places.filter { start, place in
                    start + place.byteCount <= offset || start >= offset + byteCount
                }
            }
            places[offset] = Place(byteCount: byteCount, elements: elements)
        }
    }
}
