private import Foundation

/// The frequencies of rotary positions (Su et al. 2021): component pair i of a head of dimension d turns by base^(−2i/d)
/// per position, changed by the scaling.
public struct RotarySettings: Sendable, Hashable {
    /// The base of the frequencies, at least 1.
    public var base: Double
    /// The change of the frequencies for contexts longer than those of pretraining.
    public var scaling: RotaryScaling

    /// Frequencies with a base and a scaling.
    public init(base: Double = 10_000, scaling: RotaryScaling = .none) {
        (self.base, self.scaling) = (base, scaling)
    }

    /// The angles per position of the d/2 pairs, in radians. For scalings that depend on the length, those of sequences
    /// up to the length of pretraining.
    ///
    /// - Complexity: O(headDimension).
    public func frequencies(headDimension: Int) -> [Double] {
        scaling.applied(to: unscaled(headDimension), base: base, headDimension: headDimension)
    }

    /// The frequencies without scaling.
    func unscaled(_ headDimension: Int) -> [Double] {
        stride(from: 0, to: headDimension, by: 2).map { 1 / pow(base, Double($0) / Double(headDimension)) }
    }
}
