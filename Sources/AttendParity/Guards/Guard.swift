import AttendCore

/// The pattern in guard zones and in results that were not computed yet.
enum Guard {
    /// Bytes on either side of a buffer; a multiple of what any device wants its buffers aligned to.
    static let byteCount = 4096

    /// NaN as float32, and as two float16 or bfloat16; neither true nor false as a bool.
    private static func word(_ index: Int) -> Int32 { 0x7FC1_7FC1 ^ (Int32(truncatingIfNeeded: index) & 0x3F) }

    private static func words(_ count: Int) -> Tensor {
        CaseValues.tensor(.int32((0..<count).map(word)), [count])
    }

    static let zone = words(byteCount / 4)

    /// What the pattern is as a value.
    static func garbage(_ dtype: DType, _ shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        let storage: Tensor.Storage =
            switch dtype {
            case .float32: .float32(Array(repeating: .nan, count: count))
            case .float16: .float16(Array(repeating: 0x7FC1, count: count))
            case .bfloat16: .bfloat16(Array(repeating: 0x7FC1, count: count))
            case .int32: .int32(Array(repeating: 0x7FC1_7FC1, count: count))
            case .int64: .int64(Array(repeating: 0x7FC1_7FC1_7FC1_7FC1, count: count))
            case .bool: .bool(Array(repeating: 0xC1, count: count))
            }
        return CaseValues.tensor(storage, shape)
    }

    static func poison(_ slice: BufferSlice, byteCount: Int, on stream: any ComputeStream) throws(BackendError) {
        let (words, rest) = (byteCount / 4, byteCount % 4)
        if words > 0 { try stream.copyIn(Guard.words(words), to: slice) }
        guard rest > 0 else { return }
        let bytes = CaseValues.tensor(.bool(Array(repeating: 0xC1, count: rest)), [rest])
        try stream.copyIn(bytes, to: BufferSlice(slice.buffer, byteOffset: slice.byteOffset + 4 * words))
    }

    /// What was written outside of a buffer.
    static func trespass(in buffer: GuardedBuffer, on stream: any ComputeStream) throws(BackendError) -> String? {
        if let index = try firstChange(buffer.inner(at: -byteCount), on: stream) {
            return "\(buffer.writer) wrote \(byteCount - 4 * index) bytes before \(buffer.name)"
        }
        if let index = try firstChange(buffer.inner(at: buffer.byteCount), on: stream) {
            return "\(buffer.writer) wrote \(4 * index) to \(4 * index + 3) bytes past the end of \(buffer.name)"
        }
        return nil
    }

    private static func firstChange(_ slice: BufferSlice, on stream: any ComputeStream) throws(BackendError) -> Int? {
        let found: Tensor
        do throws(BackendError) {
            found = try stream.copyOut(slice, dtype: .int32, shape: zone.shape)
        } catch .deviceLost(let backend, let reason) {
            throw .deviceLost(backend: backend, reason: reason)
        } catch {
            // Typed memory, such as the reference's, forgets a zone that something else was written into.
            return 0
        }
        guard case .int32(let words) = found.storage else { return 0 }
        return words.indices.first { words[$0] != word($0) }
    }
}
