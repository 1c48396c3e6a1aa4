/// A set of Unicode scalars as sorted ranges, each by its first and last scalar.
struct ScalarRanges: Sendable {
    private let bounds: [UInt32]

    init(_ bounds: [UInt32]) { self.bounds = bounds }

    /// O(log ranges).
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        // The first bound not below the scalar: a range's last scalar, or its first if they are equal.
        var (low, high) = (0, bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < scalar.value { low = middle + 1 } else { high = middle }
        }
        guard low < bounds.count else { return false }
        return low % 2 == 1 || bounds[low] == scalar.value
    }
}
