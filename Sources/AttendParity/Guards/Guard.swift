import AttendRuntime

/// The patterns of guard zones, in the backend's storage format.
///
/// Each zone has words of its own: an elementwise function that reads past the end of an input and writes past the end
/// of its output would otherwise write the pattern that is there already, since a function of a NaN is that NaN.
package struct Guard {
    /// What the words of zones are.
    package enum Words: Sendable {
        /// NaN as float32, and as two float16 or bfloat16, so that reads past an end show in results.
        case nans
        /// Ordinary numbers of both signs as float32, float16 and bfloat16, which no function maps to themselves.
        case numbers
    }

    /// The size of the zone on either side of a buffer in bytes; a multiple of the buffer alignment of any device.
    static let byteCount = 4096

    let kind: Words
    /// The size of an int32 in the backend's memory in bytes; zones consist of such words and are aligned to them.
    let wordSize: Int
    /// The size of a bool in the backend's memory in bytes.
    let boolSize: Int

    package init(_ kind: Words, wordSize: Int, boolSize: Int) {
        self.kind = kind
        (self.wordSize, self.boolSize) = (max(1, wordSize), max(1, boolSize))
    }

    /// A part of a guarded buffer, each with its own pattern.
    package enum Part: Int {
        case before, inside, after
    }

    /// The words of a part of a buffer, by the buffer's number.
    package func word(_ index: Int, _ part: Part, of buffer: Int) -> Int32 {
        var mixed = UInt64(truncatingIfNeeded: index &+ (buffer &* 3 &+ part.rawValue) &* 0x9E37_79B9)
        mixed = (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 32)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        let bits = UInt32(truncatingIfNeeded: mixed)
        switch kind {
        case .nans: return Int32(bitPattern: 0x7FC1_7FC1 ^ (bits & 0x003E_003E))
        case .numbers:
            // Both halves between 1 and 4 as float16, and between 2⁻⁷ and 2⁹ as bfloat16.
            return Int32(bitPattern: 0x3C00_3C00 &+ (bits & 0x07FF_07FF) | (bits & 0x8000_8000))
        }
    }

    private func words(_ count: Int, _ part: Part, of buffer: Int) -> Tensor {
        CaseValues.tensor(.int32((0..<count).map { word($0, part, of: buffer) }), [count])
    }

    /// Valid Booleans, because a host that reads them back may check them: false, true, false, ….
    private static func bools(_ count: Int) -> Tensor {
        CaseValues.tensor(.bool((0..<count).map { UInt8($0 % 2) }), [count])
    }

    /// A tensor that can't pass as a result, for outputs before a run.
    static func garbage(_ dtype: DType, _ shape: [Int], _ kind: Words = .nans) -> Tensor {
        let count = shape.reduce(1, *)
        let storage: Tensor.Storage =
            switch (dtype, kind) {
            case (.float32, .nans): .float32(Array(repeating: .nan, count: count))
            case (.float32, .numbers): .float32((0..<count).map { Float($0 % 7) * 1e5 - 317_811.5 })
            case (.float16, .nans), (.bfloat16, .nans): .float16(Array(repeating: 0x7FC1, count: count))
            case (.float16, .numbers), (.bfloat16, .numbers): .float16((0..<count).map { 0x6B13 + UInt16($0 % 7) })
            case (.int32, _): .int32(Array(repeating: 0x7FC1_7FC1, count: count))
            case (.int64, _): .int64(Array(repeating: 0x7FC1_7FC1_7FC1_7FC1, count: count))
            case (.bool, _): .bool(Array(repeating: 0xC1, count: count))
            }
        guard dtype == .bfloat16, case .float16(let bits) = storage else { return CaseValues.tensor(storage, shape) }
        return CaseValues.tensor(.bfloat16(bits), shape)
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
        _ whole: any DeviceBuffer, byteCount: Int, number: Int, on stream: any ComputeStream
    ) throws(BackendError) -> Tensor? {
        let (start, end, gap) = (Guard.byteCount, Guard.byteCount + byteCount, gap(after: byteCount))
        try stream.copyIn(words(zoneCount, .before, of: number), to: BufferSlice(whole))
        let after = words(zoneCount, .after, of: number)
        try stream.copyIn(after, to: BufferSlice(whole, byteOffset: end + gap))
        let (words, rest) = (byteCount / wordSize, byteCount % wordSize)
        if words > 0 {
            try stream.copyIn(self.words(words, .inside, of: number), to: BufferSlice(whole, byteOffset: start))
        }
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
            "\(buffer.writer) wrote \(side) \(buffer.name): the \(count) bytes at offset \(offset) have changed"
        }
        let begin = -Guard.byteCount
        if let word = try firstChange(.before, of: buffer.number, buffer.inner(at: begin), on: stream) {
            return complaint("before", wordSize, at: begin + word * wordSize)
        }
        let gap = gap(after: buffer.byteCount)
        if let before = buffer.gap {
            let after = try found(buffer.inner(at: buffer.byteCount), .bool, before.shape, on: stream)
            if after.map({ !$0.hasSameBits(as: before) }) ?? true {
                return complaint("past the end of", gap, at: buffer.byteCount)
            }
        }
        let end = buffer.inner(at: buffer.byteCount + gap)
        if let word = try firstChange(.after, of: buffer.number, end, on: stream) {
            return complaint("past the end of", wordSize, at: buffer.byteCount + gap + word * wordSize)
        }
        return nil
    }

    private func firstChange(
        _ part: Part, of buffer: Int, _ slice: BufferSlice, on stream: any ComputeStream
    ) throws(BackendError) -> Int? {
        guard case .int32(let words) = try found(slice, .int32, [zoneCount], on: stream)?.storage else { return 0 }
        return words.indices.first { words[$0] != word($0, part, of: buffer) }
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
