import AttendModels
import AttendRuntime
import Foundation
import TestSupport
import Testing

/// Sounds: files, sampling rates and features (Tests/Goldens/speech.py).
@Suite struct SpeechTests {
    private static let goldens = "\(Bundle.module.resourcePath ?? ".")/Fixtures/speech/mel.safetensors"

    @Test(arguments: [80, 128]) func `features are those of transformers`(bins: Int) throws {
        let file = try SafetensorsFile(Self.goldens)
        let found = try #require(try LogMel(binCount: bins).features(TestSound.samples(3.7, 1)))
        #expect(found.shape == [1, bins, 3000])
        let numbers = try found.floats()
        let goal = try file.tensor(named: "features.\(bins)").floats()
        let width = goal.count / bins
        let picked = (0..<bins).flatMap { bin in (0..<width).map { numbers[bin * 3000 + 3 * $0] } }
        expectNear(picked, goal, within: 1e-4)
        let tail = try file.tensor(named: "tail.\(bins)").floats()
        expectNear((0..<bins).flatMap { bin in (0..<5).map { numbers[bin * 3000 + 2995 + $0] } }, tail, within: 1e-4)
    }

    @Test func `of a longer sound, all frames`() throws {
        let goal = try SafetensorsFile(Self.goldens).tensor(named: "long")
        let found = try #require(try LogMel().features(TestSound.samples(33.3, 2)))
        #expect(try LogMel().features(TestSound.samples(33.3, 2)) { false } == nil)
        #expect(found.shape == [1, 80, 3330])
        let numbers = try found.floats()
        let picked = (0..<80).flatMap { bin in (0..<goal.shape[1]).map { numbers[bin * 3330 + 31 * $0] } }
        try expectNear(picked, goal.floats(), within: 1e-4)
    }

    // MARK: Rates

    @Test(arguments: [(44_100, 16_000), (48_000, 16_000), (8_000, 16_000), (22_050, 16_000), (11_025, 16_000)])
    func `a tone keeps its level and phase`(rate: Int, target: Int) {
        for frequency in [100.0, 1000, 0.4 * Double(min(rate, target))] {
            let tone = (0..<rate).map { Float(sin(2 * .pi * frequency * Double($0) / Double(rate))) }
            let found = Resampler.resampled(tone, from: rate, to: target)
            #expect(found.count == target)
            let middle = target / 4..<3 * target / 4
            let goal = middle.map { Float(sin(2 * .pi * frequency * Double($0) / Double(target))) }
            expectNear(Array(found[middle]), goal, within: 1e-3, "\(frequency) Hz")
        }
    }

    @Test func `what the lower rate can't hold is gone`() {
        let tone = (0..<44_100).map { Float(sin(2 * .pi * 9_000 * Double($0) / 44_100)) }
        let found = Resampler.resampled(tone, from: 44_100, to: 16_000)
        // −100 dB.
        #expect((found[4000..<12_000].map(\.magnitude).max() ?? 1) < 1e-5)
        #expect(Resampler.resampled([1, 2, 3], from: 16_000, to: 16_000) == [1, 2, 3])
        let level = Resampler.resampled([Float](repeating: 0.5, count: 4000), from: 8_000, to: 16_000)
        expectNear(Array(level[1000..<7000]), [Float](repeating: 0.5, count: 6000), within: 1e-5)
    }

    // MARK: Files

    /// A WAV file of one second's few samples.
    static func wave(
        _ bytes: [UInt8], bits: Int, kind: Int = 1, channels: Int = 1, rate: Int = 16_000, size: Int? = nil,
        isExtensible: Bool = false
    ) -> [UInt8] {
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let frame = bits / 8 * channels
        var format =
            number(isExtensible ? 0xFFFE : kind, 2) + number(channels, 2) + number(rate, 4) + number(rate * frame, 4)
            + number(frame, 2) + number(bits, 2)
        if isExtensible { format += number(22, 2) + number(bits, 2) + number(0, 4) + number(kind, 2) + number(0, 14) }
        let other = Array("LIST".utf8) + number(3, 4) + [1, 2, 3, 0]
        let body =
            Array("WAVEfmt ".utf8) + number(format.count, 4) + format + other + Array("data".utf8)
            + number(size ?? bytes.count, 4) + bytes
        return Array("RIFF".utf8) + number(body.count, 4) + body
    }

    @Test func `numbers of every width are read`() throws {
        func read(_ bytes: [UInt8]) throws -> [Float] { try WaveFile(bytes: bytes, path: "a.wav").samples }
        #expect(try read(Self.wave([0, 128, 192], bits: 8)) == [-1, 0, 0.5])
        #expect(try read(Self.wave([0, 0x80, 0, 0x40], bits: 16)) == [-1, 0.5])
        #expect(try read(Self.wave([0, 0, 0x80, 0, 0, 0x20], bits: 24)) == [-1, 0.25])
        #expect(try read(Self.wave([0, 0, 0, 0x80, 0, 0, 0, 0x40], bits: 32)) == [-1, 0.5])
        #expect(try read(Self.wave([0, 0, 0x80, 0xBE], bits: 32, kind: 3)) == [-0.25])
        #expect(try read(Self.wave([0, 0, 0, 0, 0, 0, 0xD0, 0x3F], bits: 64, kind: 3)) == [0.25])
        #expect(try read(Self.wave([0, 0x40, 0, 0xC0, 0, 0x40, 0, 0x20], bits: 16, channels: 2)) == [0, 0.375])
        #expect(try read(Self.wave([0, 0x40], bits: 16, isExtensible: true)) == [0.5])
        // Written to a pipe, the size is unknown.
        #expect(try read(Self.wave([0, 0x40], bits: 16, size: 0xFFFF_FFFF)) == [0.5])
    }

    @Test func `whatever the bytes are, they are a sound or an error`() {
        var read = 0
        for number in 0..<6000 {
            let words = (0..<4).map { Philox.block($0, counter: Int64(number), seed: 77) }
            var bytes = Self.wave(
                (0..<24).map { UInt8(truncatingIfNeeded: $0 * 37 + number) }, bits: [8, 16, 24, 32][number % 4],
                channels: 1 + number / 4 % 2, isExtensible: number % 5 == 0)
            for word in words.prefix(1 + number % 4) {
                let place = Int(word[0]) % bytes.count
                switch word[1] % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: word[2])
                case 1: bytes.remove(at: place)
                default: bytes.replaceSubrange(place..<min(place + 4, bytes.count), with: [255, 255, 255, 127])
                }
            }
            do throws(WaveError) {
                let sound = try WaveFile(bytes: bytes, path: "a.wav")
                #expect(!sound.samples.isEmpty && sound.samples.allSatisfy(\.isFinite))
                read += 1
            } catch {
                #expect(error.path == "a.wav" && !error.reason.isEmpty)
            }
        }
        #expect(read > 500 && read < 5500)
    }

    @Test func `what is no whole sound is named`() {
        let good = Self.wave([0, 0x40, 0, 0x20], bits: 16)
        let cases: [([UInt8], String)] = [
            ([], "empty"), (Array("ID3 is an mp3".utf8), "ffmpeg"), (Array(good.dropLast()), "truncated"),
            (Self.wave([], bits: 16), "no samples"), (Self.wave([1, 2, 3], bits: 16), "last sample"),
            (Self.wave([1, 2], bits: 16, kind: 85), "ffmpeg"), (Self.wave([1, 2], bits: 12), "12 bits"),
            (Array(good.prefix(20)), "truncated in its format"), (Array(good.prefix(36)), "no sound"),
            (Self.wave([0, 0, 0xC0, 0x7F], bits: 32, kind: 3), "not a number"),
            (Self.wave([1, 2], bits: 16, rate: 5), "5 samples")
        ]
        for (bytes, word) in cases {
            expectError(WaveError.self, saying: "a.wav", word) { try WaveFile(bytes: bytes, path: "a.wav") }
        }
    }
}
