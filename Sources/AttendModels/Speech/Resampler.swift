private import Foundation

/// A change of the sampling rate by a windowed sinc: band-limited interpolation (Smith, "Digital audio resampling", 2002).
///
/// The kernel has 64 zero crossings on each side and a Kaiser window of β = 12: up to 0.94 of the lower Nyquist frequency the
/// level is kept within 0.01 dB, and what would alias is below −100 dB.
public enum Resampler {
    private static let (crossings, beta, passband) = (64, 12.0, 0.97)

    /// The sound at another rate. O(samples · 128 · rates' ratio).
    ///
    /// - Returns: ⌈samples · target / rate⌉ samples.
    public static func resampled(_ samples: [Float], from rate: Int, to target: Int) -> [Float] {
        guard rate != target, !samples.isEmpty else { return samples }
        let divisor = greatest(rate, target)
        let (up, down) = (target / divisor, rate / divisor)
        // The cutoff, as a share of the source's sampling rate.
        let cutoff = min(1, Double(target) / Double(rate)) * passband
        let reach = Int((Double(crossings) / cutoff).rounded(.up))
        // One filter for each phase of the output between two samples of the source.
        let filters = (0..<up).map { phase in
            let taps = (-reach + 1...reach).map { tap in
                kernel(Double(tap) - Double(phase) / Double(up), cutoff, Double(reach))
            }
            // A constant sound stays what it is.
            let sum = taps.reduce(0, +)
            return taps.map { Float($0 / sum) }
        }
        let count = (samples.count * up + down - 1) / down
        return (0..<count).map { index in
            let (place, phase) = (index * down / up, index * down % up)
            let filter = filters[phase]
            var sum: Float = 0
            for (number, tap) in filter.enumerated() {
                let source = place + number - reach + 1
                if source >= 0, source < samples.count { sum += tap * samples[source] }
            }
            return sum
        }
    }

    private static func kernel(_ x: Double, _ cutoff: Double, _ reach: Double) -> Double {
        let share = x / reach
        guard share.magnitude < 1 else { return 0 }
        let angle = .pi * x * cutoff
        let sinc = angle == 0 ? 1 : sin(angle) / angle
        return cutoff * sinc * bessel(beta * (1 - share * share).squareRoot()) / bessel(beta)
    }

    /// The modified Bessel function of the first kind, order 0, by its power series.
    private static func bessel(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for k in 1... {
            term *= (x / 2 / Double(k)) * (x / 2 / Double(k))
            sum += term
            if term < sum * 1e-17 { break }
        }
        return sum
    }

    private static func greatest(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatest(b, a % b) }
}
