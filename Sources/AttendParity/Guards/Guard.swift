import AttendRuntime

/// The pattern in guard zones, laid out as the backend stores elements.
struct Guard {
    /// Bytes on either side of a buffer; a multiple of what any device wants its buffers aligned to.
    static let byteCount = 4096

    /// Bytes that an int32 takes in the backend's memory; zones consist of them and begin at multiples of it.
    let wordSize: Int
    /// Bytes that a bool takes there.
    let boolSize: Int

    init(wordSize: Int, boolSize: Int) { (self.wordSize, self.boolSize) = (max(1, wordSize), max(1, boolSize)) }

    /// NaN as float32, and as two float16 or bfloat16; neither true nor false as a bool.
    private static func word(_ index: Int) -> Int32 { 0x7FC1_7FC1 ^ (Int32(truncatingIfNeeded: index) & 0x3F) }

    private static func words(_ count: Int) -> Tensor {
        CaseValues.tensor(.int32((0..<count).map(word)), [count])
    }

    /// No garbage, since a host that reads it back may look at it: false, true, false, ….
    private static func bools(_ count: Int) -> Tensor {
        CaseValues.tensor(.bool((0..<count).map { UInt8($0 % 2) }), [count])
    }

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

    // MARK: Laying out

    /// Words of a zone.
    private var zoneCount: Int { Guard.byteCount / wordSize }

    /// From a buffer's end to the zone behind it: less than a word.
    private func gap(after byteCount: Int) -> Int { (wordSize - byteCount % wordSize) % wordSize }

    /// What a buffer takes beside its own bytes.
    func byteCount(beside byteCount: Int) -> Int { 2 * Guard.byteCount + gap(after: max(0, byteCount)) }

    /// Fills the zones, and the buffer with garbage.
    ///
    /// - Returns: What the backend reads in the gap before the second zone; nil where nothing is there, or nothing that this
    ///   backend could be asked for.
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

    // MARK: Looking afterwards

    /// What was written outside of a buffer.
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

    /// nil where something else was written: typed memory, such as the reference's, then forgets what was there.
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
