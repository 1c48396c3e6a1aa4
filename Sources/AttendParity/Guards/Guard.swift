import AttendRuntime

/// The pattern of guard zones, in the backend's storage format.
struct Guard {
    /// The size of the zone on either side of a buffer in bytes; a multiple of the buffer alignment of any device.
    static let byteCount = 4096

    /// The size of an int32 in the backend's memory in bytes; zones consist of such words and are aligned to them.
    let wordSize: Int
    /// The size of a bool in the backend's memory in bytes.
    let boolSize: Int

    init(wordSize: Int, boolSize: Int) { (self.wordSize, self.boolSize) = (max(1, wordSize), max(1, boolSize)) }

    /// A word of the pattern: NaN as float32, and as two float16 or bfloat16; neither true nor false as a bool.
    private static func word(_ index: Int) -> Int32 { 0x7FC1_7FC1 ^ (Int32(truncatingIfNeeded: index) & 0x3F) }

    private static func words(_ count: Int) -> Tensor {
        CaseValues.tensor(.int32((0..<count).map(word)), [count])
    }

    /// Valid Booleans, because a host that reads them back may check them: false, true, false, ….
    private static func bools(_ count: Int) -> Tensor {
        CaseValues.tensor(.bool((0..<count).map { UInt8($0 % 2) }), [count])
    }

    /// The pattern as a tensor of a dtype.
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

    // MARK: Layout

    /// The number of words of a zone.
    private var zoneCount: Int { Guard.byteCount / wordSize }

    /// The number of bytes from a buffer's end to the zone after it, less than a word.
    private func gap(after byteCount: Int) -> Int { (wordSize - byteCount % wordSize) % wordSize }

    /// The additional bytes of a guarded buffer.
    func byteCount(beside byteCount: Int) -> Int { 2 * Guard.byteCount + gap(after: max(0, byteCount)) }

    /// Fills the zones with the pattern, and the buffer too.
    ///
    /// - Returns: The backend's contents of the gap before the second zone; nil without a gap, or if the backend can't
    ///   read it.
    func fill(
        _ whole: any DeviceBuffer, byteCount: Int, on stream: any ComputeStream
    ) throws(BackendError) -> Tensor? {
        let (start, end, gap) = (Guard.byteCount, Guard.byteCount + byteCount, gap(after: byteCount))
        try stream.copyIn(Guard.words(zoneCount), to: BufferSlice(whole))
        try stream.copyIn(Guard.words(zoneCount), to: BufferSlice(whole, byteOffset: end + gap))
        let (words, rest) = (byteCount / wordSize, byteCount % wordSize)
        if words > 0 { try stream.copyIn(Guard.words(words), to: BufferSlice(whole, byteOffset: start)) }
        var found: Tensor?
        if boolSize == 1, rest > 0 {
            try stream.copyIn(Guard.bools(rest), to: BufferSlice(whole, byteOffset: start + words * wordSize))
            let place = BufferSlice(whole, byteOffset: end)
            try stream.copyIn(Guard.bools(gap), to: place)
            found = try stream.copyOut(place, dtype: .bool, shape: [gap])
        }
        try stream.synchronize()
        return found
    }

    // MARK: Checks after a run

    /// The description of a write outside a buffer; nil if there was none.
    func trespass(in buffer: GuardedBuffer, on stream: any ComputeStream) throws(BackendError) -> String? {
        func complaint(_ side: String, _ count: Int, at offset: Int) -> String {
            "\(buffer.writer) wrote \(side) \(buffer.name): the \(count) bytes at offset \(offset) are not what they were"
        }
        let begin = -Guard.byteCount
        if let word = try firstChange(buffer.inner(at: begin), on: stream) {
            return complaint("before", wordSize, at: begin + word * wordSize)
        }
        let gap = gap(after: buffer.byteCount)
        if let before = buffer.gap {
            let after = try found(buffer.inner(at: buffer.byteCount), .bool, before.shape, on: stream)
            if after.map({ !$0.hasSameBits(as: before) }) ?? true {
                return complaint("past the end of", gap, at: buffer.byteCount)
            }
        }
        if let word = try firstChange(buffer.inner(at: buffer.byteCount + gap), on: stream) {
            return complaint("past the end of", wordSize, at: buffer.byteCount + gap + word * wordSize)
        }
        return nil
    }

    private func firstChange(_ slice: BufferSlice, on stream: any ComputeStream) throws(BackendError) -> Int? {
        guard case .int32(let words) = try found(slice, .int32, [zoneCount], on: stream)?.storage else { return 0 }
        return words.indices.first { words[$0] != Guard.word($0) }
    }

    /// The contents of a slice; nil if another type was written: typed memory, such as the reference's, then loses its
    /// previous contents.
    private func found(
        _ slice: BufferSlice, _ dtype: DType, _ shape: [Int], on stream: any ComputeStream
    ) throws(BackendError) -> Tensor? {
        do throws(BackendError) {
            return try stream.copyOut(slice, dtype: dtype, shape: shape)
        } catch .deviceLost(let backend, let reason) {
            throw .deviceLost(backend: backend, reason: reason)
        } catch {
            return nil
        }
    }
}
