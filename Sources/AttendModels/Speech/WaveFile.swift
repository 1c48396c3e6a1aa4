import AttendRuntime

/// A sound from a WAV file: PCM of 8, 16, 24 or 32 bits, or floating-point numbers of 32 or 64 bits (RIFF WAVE, Microsoft
/// 1994), with one or several channels.
public struct WaveFile: Sendable {
    /// Samples from −1 to 1; several channels are averaged.
    public let samples: [Float]
    /// Samples a second.
    public let rate: Int
    /// Number of channels in the file.
    public let channelCount: Int

    private static let rates = 1_000...768_000

    /// Reads a file. O(bytes).
    ///
    /// - Throws: ``AttendGraph/FileError`` for a file that can't be read; ``WaveError`` for another format, a truncated file
    ///   and one without samples.
    public init(_ path: String) throws {
        try self.init(bytes: try InputFile.contents(of: path), path: path)
    }

    package init(bytes: [UInt8], path: String) throws(WaveError) {
        func fail(_ reason: String) -> WaveError { WaveError(path: path, reason: reason) }
        func text(_ place: Int) -> String {
            place + 4 <= bytes.count ? String(decoding: bytes[place..<place + 4], as: UTF8.self) : ""
        }
        func number(_ place: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        guard !bytes.isEmpty else { throw fail("the file is empty") }
        guard text(0) == "RIFF" || text(0) == "RF64", text(8) == "WAVE" else {
            throw fail("not a WAV file; convert it with: ffmpeg -i IN -ac 1 -ar 16000 OUT.wav")
        }
        var place = 12
        var format: (kind: Int, channels: Int, rate: Int, bits: Int)?
        var data: Range<Int>?
        while place + 8 <= bytes.count, data == nil {
            let (name, size) = (text(place), number(place + 4, 4))
            let start = place + 8
            if name == "fmt " {
                guard size >= 16, start + size <= bytes.count else { throw fail("truncated in its format") }
                var kind = number(start, 2)
                // The extensible form has the kind in its sub-format.
                if kind == 0xFFFE, size >= 26 { kind = number(start + 24, 2) }
                format = (kind, number(start + 2, 2), number(start + 4, 4), number(start + 14, 2))
            } else if name == "data" {
                // Programs that write to a pipe don't know the size.
                let isUnknown = size == 0xFFFF_FFFF || size == 0x7FFF_FFFF || (size == 0 && number(4, 4) <= 36)
                guard isUnknown || start + size <= bytes.count else {
                    throw fail("truncated: \(size) bytes of sound expected, found \(bytes.count - start)")
                }
                data = start..<(isUnknown ? bytes.count : start + size)
            }
            place = start + size + size % 2
        }
        guard let format else { throw fail("it has no format") }
        guard let data else { throw fail("it has no sound") }
        guard format.channels >= 1, WaveFile.rates.contains(format.rate) else {
            throw fail("\(format.channels) channels of \(format.rate) samples a second are not supported")
        }
        let width = format.bits / 8
        let read: (Int) -> Float
        switch (format.kind, format.bits) {
        case (1, 8): read = { (Float(bytes[$0]) - 128) / 128 }
        case (1, 16): read = { Float(Int16(truncatingIfNeeded: number($0, 2))) / 32_768 }
        case (1, 24): read = { Float(Int32(truncatingIfNeeded: number($0, 3) << 8) >> 8) / 8_388_608 }
        case (1, 32): read = { Float(Int32(truncatingIfNeeded: number($0, 4))) / 2_147_483_648 }
        case (3, 32): read = { Float(bitPattern: UInt32(truncatingIfNeeded: number($0, 4))) }
        case (3, 64): read = { Float(Double(bitPattern: UInt64(bitPattern: Int64(number($0, 8))))) }
        default:
            throw fail(
                "a WAV of kind \(format.kind) with \(format.bits) bits is not supported; convert it with: ffmpeg -i IN -ac 1 "
                    + "-ar 16000 OUT.wav")
        }
        let frame = width * format.channels
        guard data.count >= frame else { throw fail("it has no samples") }
        guard data.count % frame == 0 else { throw fail("truncated in its last sample") }
        let samples = stride(from: data.lowerBound, to: data.upperBound, by: frame).map { start in
            let sum = (0..<format.channels).reduce(Float(0)) { $0 + read(start + $1 * width) }
            return sum / Float(format.channels)
        }
        guard samples.allSatisfy(\.isFinite) else { throw fail("a sample is not a number") }
        (self.samples, rate, channelCount) = (samples, format.rate, format.channels)
    }
}

/// A sound that can't be read: its path, and the reason.
public struct WaveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The problem.
    public let reason: String

    /// The path and the reason.
    public var description: String { "\(path): \(reason)" }
}
