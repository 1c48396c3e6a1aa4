public import AttendRuntime
public import ReferenceBackend

/// The expected value of a result with an error bound for each element.
public struct ExpectedTensor: Sendable {
    /// The expected elements.
    public enum Elements: Sendable {
        /// Floating-point values with bounds, in row-major order.
        case bounded([Bounded])
        /// Integers and Booleans, which must be equal.
        case exact(Tensor)
    }

    /// The required type.
    public let dtype: DType
    /// The required shape.
    public let shape: [Int]
    /// The expected elements.
    public let elements: Elements
    /// Alternative correct values by element, ignored where they are unknown; nil for none.
    var alternative: [Bounded]?

    var bounds: [Bounded]? { if case .bounded(let bounds) = elements { bounds } else { nil } }

    /// An expected tensor; `elements` must have as many elements as `shape`.
    public init(dtype: DType, shape: [Int], elements: Elements) {
        self.dtype = dtype
        self.shape = shape
        self.elements = elements
    }

    /// The number of elements.
    public var elementCount: Int { shape.reduce(1, *) }

    /// A factor on bounds for the rounding in the oracle's double precision and in converting results; small next to
    /// the bounds.
    private static let slack = 1 + 0x1p-20

    /// Compares a result with the expected values.
    ///
    /// - Parameter keepsZeroSigns: Whether 0 and −0 differ, for operations that only move elements.
    /// - Returns: The used share of the bounds, and the first wrong element.
    /// - Complexity: O(elements).
    public func compare(_ found: Tensor, keepsZeroSigns: Bool = false) -> Comparison {
        guard found.dtype == dtype, found.shape == shape else {
            return Comparison(
                complaint: "is \(found.dtype)\(found.shape), expected \(dtype)\(shape)", elementCount: 0)
        }
        switch elements {
        case .exact(let expected): return compare(found, exactly: expected)
        case .bounded(let expected):
            guard let values = try? found.floats() else {
                preconditionFailure("a floating-point tensor has floats")
            }
            return compare(values, expected, keepsZeroSigns)
        }
    }

    private func compare(_ found: Tensor, exactly expected: Tensor) -> Comparison {
        var comparison = Comparison(elementCount: found.elementCount)
        guard found.storage != expected.storage else { return comparison }
        let (left, right) = (ExpectedTensor.numbers(found), ExpectedTensor.numbers(expected))
        for index in left.indices where left[index] != right[index] {
            comparison.note(
                index, of: shape, value: Double(left[index]), oracle: Double(right[index]), bound: 0, reason: nil)
            if comparison.wrongCount == 1 {
                comparison.first?.integers = WrongElement.Integers(value: left[index], oracle: right[index])
            }
        }
        return comparison
    }

    static func numbers(_ tensor: Tensor) -> [Int64] {
        switch tensor.storage {
        case .int32(let values): values.map { Int64($0) }
        case .int64(let values): values
        // The byte itself: a bool must be 0 or 1.
        case .bool(let values): values.map { Int64($0) }
        case .float16(let bits), .bfloat16(let bits): bits.map { Int64($0) }
        case .float32(let values): values.map { Int64($0.bitPattern) }
        }
    }

    private func compare(_ values: [Float], _ expected: [Bounded], _ keepsZeroSigns: Bool) -> Comparison {
        var comparison = Comparison(elementCount: values.count)
        let limit = dtype.overflow
        for index in values.indices {
            let (value, target) = (Double(values[index]), expected[index])
            var (standing, judge) = (standing(value, target, limit, keepsZeroSigns), target)
            if case .wrong = standing, let other = alternative?[index] {
                let second = self.standing(value, other, limit, keepsZeroSigns)
                if case .wrong = second {} else { (standing, judge) = (second, other) }
            }
            switch standing {
            case .right(let share):
                comparison.worstShare = max(comparison.worstShare, share)
                if dtype == .float32, judge.bound > 0.51 * Bounded.ulp(judge.value.magnitude) {
                    comparison.worstFreeShare = max(comparison.worstFreeShare, share)
                }
            case .undecided: comparison.undecided += 1
            case .wrong(let oracle, let bound, let reason):
                comparison.note(index, of: shape, value: value, oracle: oracle, bound: bound, reason: reason)
            }
        }
        return comparison
    }

    private enum Standing {
        /// With the used share of the bound.
        case right(Double)
        case undecided
        case wrong(oracle: Double, bound: Double, reason: String?)
    }

    private func standing(
        _ value: Double, _ target: Bounded, _ limit: Double, _ keepsZeroSigns: Bool
    ) -> Standing {
        if target.bound == .infinity {
            guard target.isNaN else { return .undecided }
            return value.isFinite
                ? .wrong(oracle: target.value, bound: 0, reason: "a result that is not finite") : .right(0)
        }
        if target.isNaN { return value.isNaN ? .right(0) : .wrong(oracle: .nan, bound: 0, reason: nil) }
        if value == target.value {
            let hasOtherSign = keepsZeroSigns && value == 0 && value.sign != target.value.sign
            return hasOtherSign ? .wrong(oracle: target.value, bound: 0, reason: "the sign of zero") : .right(0)
        }
        if target.reach >= limit, value.isInfinite, (value < 0) == (target.value < 0) { return .right(0) }
        let distance = abs(value - target.value)
        // Written so that NaN fails.
        guard distance <= target.bound * ExpectedTensor.slack else {
            return .wrong(oracle: target.value, bound: target.bound, reason: nil)
        }
        return .right(distance / target.bound)
    }
}

/// The comparison of a result with the expected values.
public struct Comparison: Sendable {
    /// The number of elements.
    public var elementCount: Int
    /// The largest error as a share of its bound, over correct elements.
    public var worstShare = 0.0
    /// The same over float32 elements that need not be correctly rounded. For correctly rounded elements, and for
    /// results rounded to 16 bits, correct backends reach almost 1, which shows nothing about the bound.
    public var worstFreeShare = 0.0
    /// The number of elements without a bound.
    public var undecided = 0
    /// The number of wrong elements.
    public var wrongCount = 0
    /// The first wrong element; nil if there is none.
    public var first: WrongElement?
    /// An error of the result as a whole, such as a wrong shape; nil if there is none.
    public var complaint: String?

    init(complaint: String? = nil, elementCount: Int) {
        self.complaint = complaint
        self.elementCount = elementCount
    }

    /// Whether no element is wrong and the type and shape match.
    public var isRight: Bool { first == nil && complaint == nil }

    mutating func note(
        _ position: Int, of shape: [Int], value: Double, oracle: Double, bound: Double, reason: String?
    ) {
        wrongCount += 1
        guard first == nil else { return }
        var (index, rest) = ([Int](), position)
        for size in shape.reversed() {
            index.append(rest % size)
            rest /= size
        }
        first = WrongElement(index: index.reversed(), value: value, oracle: oracle, bound: bound, expected: reason)
    }
}

/// An element outside its bound.
public struct WrongElement: Sendable, Hashable, Codable {
    /// The element's index.
    public var index: [Int]
    /// The value of the backend.
    public var value: Double
    /// The exact value.
    public var oracle: Double
    /// The largest allowed error.
    public var bound: Double
    /// The expected value in words, if it is not a number.
    public var expected: String?
    /// Both values of an integer or Boolean result, of which doubles lose digits beyond 2⁵³; nil for floats.
    public var integers: Integers?

    /// An integer of the backend and the exact one.
    public struct Integers: Sendable, Hashable, Codable {
        /// The value of the backend.
        public var value: Int64
        /// The exact value.
        public var oracle: Int64
    }
}

extension WrongElement: CustomStringConvertible {
    /// The index, the value, the expected value and the bound, one line.
    public var description: String {
        if let integers { return "element \(index) is \(integers.value), expected \(integers.oracle)" }
        if let expected { return "element \(index) is \(value), expected \(expected)" }
        return "element \(index) is \(value), the oracle's \(oracle), bound \(bound)"
    }
}
