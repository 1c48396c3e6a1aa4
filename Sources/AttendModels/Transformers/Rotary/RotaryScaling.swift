private import Foundation

/// A change of the frequencies of rotary positions for contexts longer than those of pretraining, as in
/// `transformers/modeling_rope_utils.py`.
public enum RotaryScaling: Sendable, Hashable {
    case none
    /// All frequencies are divided by the factor (Chen et al. 2023).
    case linear(factor: Double)
    /// The base grows with the length of sequences beyond `positions`, as `dynamic` in transformers (NTK-aware scaling).
    case dynamic(factor: Double, positions: Int)
    /// Low frequencies are divided by the factor, with a ramp to the high ones (Peng et al. 2023).
    case yarn(YaRN)
    /// Each frequency has a divisor, and another one for sequences longer than those of pretraining (Ding et al. 2024).
    case longRoPE(LongRoPE)
    /// Low frequencies are divided by the factor, with a smooth passage to the high ones (Llama 3.1).
    case llama3(Llama3)

    /// The settings of YaRN.
    public struct YaRN: Sendable, Hashable {
        /// The divisor of low frequencies.
        public var factor: Double
        /// The factor of cosines and sines.
        public var attentionFactor: Double
        /// The numbers of turns within `positions` where the ramp ends and begins.
        public var fast: Double, slow: Double
        /// The length of pretraining.
        public var positions: Int
        /// Whether the ramp begins and ends at whole pairs.
        public var truncates: Bool

        fileprivate func applied(to frequencies: [Double], base: Double, headDimension: Int) -> [Double] {
            func pair(turns: Double) -> Double {
                Double(headDimension) * log(Double(positions) / (turns * 2 * .pi)) / (2 * log(base))
            }
            var (low, high) = (pair(turns: fast), pair(turns: slow))
            if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
            (low, high) = (max(low, 0), min(high, Double(headDimension - 1)))
            if low == high { high += 0.001 }
            return frequencies.enumerated().map { index, frequency in
                let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
                return frequency / factor * ramp + frequency * (1 - ramp)
            }
        }
    }

    /// The settings of LongRoPE.
    public struct LongRoPE: Sendable, Hashable {
        /// The divisors of the frequencies of sequences up to `positions`, and of longer ones.
        public var short: [Double], long: [Double]
        /// The factor of cosines and sines.
        public var attentionFactor: Double
        /// The length of pretraining.
        public var positions: Int
    }

    /// The settings of Llama 3.1.
    public struct Llama3: Sendable, Hashable {
        /// The divisor of low frequencies.
        public var factor: Double
        /// The numbers of turns within `positions` up to which a frequency is low, and from which it is high.
        public var low: Double, high: Double
        /// The length of pretraining.
        public var positions: Int

        fileprivate func applied(to frequency: Double) -> Double {
            let wavelength = 2 * .pi / frequency
            let turns = Double(positions) / wavelength
            if wavelength < Double(positions) / high { return frequency }
            if wavelength > Double(positions) / low { return frequency / factor }
            let share = (turns - low) / (high - low)
            return (1 - share) * frequency / factor + share * frequency
        }
    }

    /// The factor of cosines and sines.
    public var attentionFactor: Double {
        switch self {
        case .none, .linear, .dynamic, .llama3: 1
        case .yarn(let settings): settings.attentionFactor
        case .longRoPE(let settings): settings.attentionFactor
        }
    }

    func applied(to frequencies: [Double], base: Double, headDimension: Int) -> [Double] {
        switch self {
        case .none, .dynamic: frequencies
        case .linear(let factor): frequencies.map { $0 / factor }
        case .yarn(let settings): settings.applied(to: frequencies, base: base, headDimension: headDimension)
        case .longRoPE(let settings): zip(frequencies, settings.short).map { $0 / $1 }
        case .llama3(let settings): frequencies.map(settings.applied)
        }
    }
}
