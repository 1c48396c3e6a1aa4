private import Foundation

extension Collection<Float> {
    /// log Σ exp(x), in float64; −∞ if there is no number above −∞.
    var logSumExp: Double {
        guard let largest = self.max(), largest > -.infinity else { return -.infinity }
        return Double(largest) + log(reduce(0.0) { $0 + exp(Double($1) - Double(largest)) })
    }
}
