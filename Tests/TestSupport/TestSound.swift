/// The sound of Tests/Goldens/speech.py: saw teeth of changing pitch with pauses, in whole numbers.
package enum TestSound {
    /// Samples at 16,000 Hz.
    package static func samples(_ seconds: Double, _ seed: Int) -> [Float] {
        (0..<Int(16_000 * seconds)).map { n in
            let part = n / 4000 + seed
            let teeth = n * (220 + part * part * 37 % 400) % 16_000 - 8000
            let noise = (n * n * 31 + n * seed) % 2003 - 1001
            let quarter = Int((Double(noise) / 4).rounded(.down))
            return Float((part * 7 % 5 > 0 ? teeth : 0) + quarter) / 32_768
        }
    }
}
