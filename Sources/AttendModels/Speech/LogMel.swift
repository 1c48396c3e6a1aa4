public import AttendRuntime
private import Foundation

/// Whisper's features of a sound: the logarithm of a mel spectrogram (Radford et al. 2022, section 2.2), as in transformers'
/// `WhisperFeatureExtractor`.
public struct LogMel: Sendable {
    /// Samples a second that the features are of.
    public let rate: Int
    /// Samples of a window of the model.
    public let sampleCount: Int
    /// Samples from frame to frame.
    public let hop: Int
    /// Frequency bins.
    public let binCount: Int
    private let size: Int
    /// `[bins, frequencies]`.
    private let filters: [[Double]]
    /// The frequencies of each filter.
    private let ranges: [Range<Int>]
    private let window: [Double]
    private let transform: FourierTransform

    /// Frames of a window of the model.
    public var frameCount: Int { sampleCount / hop }

    /// Reads `preprocessor_config.json`, with Whisper's defaults for what it lacks.
    ///
    /// - Throws: ``ModelError`` for sizes that contradict the model's.
    init(_ model: LoadedModel) throws {
        guard let audio = model.configuration.audio else {
            throw GenerationError("\(model.folder): the model reads text, not sound")
        }
        let file = try ModelFile.optional("\(model.list.transformerFolder)/preprocessor_config.json")
        func setting(_ key: String, _ standard: Int) throws -> Int {
            try file?.read { root in try root.optional(key)?.integer(atLeast: 1) } ?? standard
        }
        let rate = try setting("sampling_rate", 16_000)
        let hop = try setting("hop_length", 160)
        let seconds = try setting("chunk_length", 2 * audio.positionCount * hop / rate)
        let size = try setting("n_fft", 400)
        let bins = try setting("feature_size", audio.binCount)
        let path = file?.path ?? model.folder
        guard bins == audio.binCount else {
            throw ModelError(
                path: path, reason: "feature_size: expected \(audio.binCount), the model's num_mel_bins, found \(bins)")
        }
        guard seconds * rate / hop == 2 * audio.positionCount || file == nil else {
            throw ModelError(
                path: path,
                reason:
                    "chunk_length: \(seconds) s make \(seconds * rate / hop) frames, and the model has \(audio.positionCount) "
                    + "positions of two frames each")
        }
        self.init(rate: rate, sampleCount: 2 * audio.positionCount * hop, hop: hop, binCount: bins, size: size)
    }

    package init(rate: Int = 16_000, sampleCount: Int = 480_000, hop: Int = 160, binCount: Int = 80, size: Int = 400) {
        (self.rate, self.sampleCount, self.hop, self.binCount, self.size) = (rate, sampleCount, hop, binCount, size)
        filters = LogMel.filters(binCount, frequencies: size / 2 + 1, rate: rate)
        ranges = filters.map { filter in
            (filter.firstIndex { $0 > 0 } ?? 0)..<((filter.lastIndex { $0 > 0 } ?? -1) + 1)
        }
        // Hann, periodic.
        window = (0..<size).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(size)) }
        transform = FourierTransform(size: size)
    }

    /// The features of a sound, `[1, bins, frames]`. A sound of at most a window is padded to one with silence; of a longer
    /// one, all frames are given.
    ///
    /// - Parameters:
    ///   - samples: Samples at ``rate``.
    ///   - goesOn: Called for each 30 s; false ends with nil.
    /// - Complexity: O(frames · size · log size).
    public func features(_ samples: [Float], goesOn: () -> Bool = { true }) throws(TensorError) -> Tensor? {
        let (half, count) = (size / 2, max(samples.count, sampleCount))
        /// A sample, reflected at both ends without the end itself; silence behind a short sound.
        func sample(_ place: Int) -> Double {
            let inside = place < 0 ? -place : place >= count ? 2 * (count - 1) - place : place
            return inside < samples.count ? Double(samples[inside]) : 0
        }
        let frames = count / hop
        var logs = [Float](repeating: 0, count: binCount * frames)
        var largest = -Float.infinity
        for frame in 0..<frames {
            if frame % 3000 == 0, !goesOn() { return nil }
            let start = frame * hop - half
            let powers = transform.powers((0..<size).map { sample(start + $0) * window[$0] })
            for bin in 0..<binCount {
                var sum = 0.0
                for index in ranges[bin] { sum += filters[bin][index] * powers[index] }
                let value = Float(log10(max(sum, 1e-10)))
                logs[bin * frames + frame] = value
                largest = max(largest, value)
            }
        }
        for index in logs.indices { logs[index] = (max(logs[index], largest - 8) + 4) / 4 }
        return try Tensor(logs, shape: [1, binCount, frames])
    }

    /// Triangles between neighbors on the mel scale of Slaney's Auditory Toolbox, each of area 1.
    private static func filters(_ count: Int, frequencies: Int, rate: Int) -> [[Double]] {
        /// Linear up to 1,000 Hz, then logarithmic: 27 bins to a factor of 6.4.
        func hertz(_ mel: Double) -> Double {
            mel >= 15 ? 1000 * exp(log(6.4) / 27 * (mel - 15)) : 200 * mel / 3
        }
        func mel(_ hertz: Double) -> Double {
            hertz >= 1000 ? 15 + log(hertz / 1000) * 27 / log(6.4) : 3 * hertz / 200
        }
        let top = mel(Double(rate) / 2)
        let centers = (0..<count + 2).map { hertz(top * Double($0) / Double(count + 1)) }
        return (0..<count).map { bin in
            let (low, center, high) = (centers[bin], centers[bin + 1], centers[bin + 2])
            return (0..<frequencies).map { index in
                let frequency = Double(index) * Double(rate) / 2 / Double(frequencies - 1)
                let (rising, falling) = ((frequency - low) / (center - low), (high - frequency) / (high - center))
                return max(0, min(rising, falling)) * 2 / (high - low)
            }
        }
    }
}

/// The discrete Fourier transform of real numbers, by the prime factors of its size (Cooley and Tukey 1965).
struct FourierTransform: Sendable {
    private let size: Int
    /// exp(−2πi k / size).
    private let roots: [SIMD2<Double>]

    init(size: Int) {
        self.size = size
        roots = (0..<size).map { index in
            let angle = -2 * Double.pi * Double(index) / Double(size)
            return SIMD2(cos(angle), sin(angle))
        }
    }

    /// |X_k|² for k = 0 … size / 2. O(size · the sum of its prime factors).
    func powers(_ numbers: [Double]) -> [Double] {
        let values = spectrum(numbers, from: 0, step: 1, count: size)
        return values.prefix(size / 2 + 1).map { ($0 * $0).sum() }
    }

    private func spectrum(_ numbers: [Double], from start: Int, step: Int, count: Int) -> [SIMD2<Double>] {
        guard count > 1 else { return [SIMD2(numbers[start], 0)] }
        let factor = (2...count).first { count % $0 == 0 } ?? count
        let inner = count / factor
        let parts = (0..<factor).map { spectrum(numbers, from: start + $0 * step, step: step * factor, count: inner) }
        return (0..<count).map { k in
            var sum = parts[0][k % inner]
            for part in 1..<factor {
                let (root, value) = (roots[k * part % count * step], parts[part][k % inner])
                sum += SIMD2(root.x * value.x - root.y * value.y, root.x * value.y + root.y * value.x)
            }
            return sum
        }
    }
}
