/// y + a · x, in place: the inner loops of error feedback.
enum Accumulation {
    /// - Parameters:
    ///   - places: Where y is in `target`; x begins at `start` in `source`, and is as long.
    static func add<Number: BinaryFloatingPoint>(
        _ factor: Number, _ source: [Number], from start: Int, to target: inout [Number], at places: Range<Int>
    ) {
        precondition(places.lowerBound >= 0 && places.upperBound <= target.count)
        precondition(start >= 0 && start + places.count <= source.count)
        let x = source.span
        var y = target.mutableSpan
        for index in 0..<places.count {
            // In range, as checked above: checks in the loop would keep it from being vectorized.
            unsafe y[unchecked: places.lowerBound + index] += factor * x[unchecked: start + index]
        }
    }
}
