extension Tensor: CustomStringConvertible {
    /// Dtype and shape, then the elements in NumPy's array format; beyond 1,000 elements only the first and last three
    /// along each axis.
    public var description: String {
        "\(dtype)\(shape)\n\(TensorPrinter(self).text)"
    }
}

/// Formats a tensor's elements in brackets and columns (after NumPy's `array2string` with its default options).
private struct TensorPrinter {
    private let shape: [Int]
    private let isAbridged: Bool
    /// The printed indices along each axis.
    private let shown: [[Int]]
    /// The text of each printed element, by row-major index.
    private var cells: [Int: String] = [:]

    private static let (edgeCount, abridgedCount, lineWidth) = (3, 1000, 75)

    init(_ tensor: Tensor) {
        shape = tensor.shape
        let isAbridged = tensor.elementCount > TensorPrinter.abridgedCount
        self.isAbridged = isAbridged
        shown = tensor.shape.map { size in
            guard isAbridged, size > 2 * TensorPrinter.edgeCount else { return Array(0..<size) }
            return Array(0..<TensorPrinter.edgeCount) + Array((size - TensorPrinter.edgeCount)..<size)
        }
        guard tensor.elementCount > 0 else { return }
        var places = [0]
        for (axis, indices) in shown.enumerated() {
            places = places.flatMap { place in indices.map { place * tensor.shape[axis] + $0 } }
        }
        cells = Dictionary(
            zip(places, ElementTexts.texts(of: tensor.storage, at: places)).map { ($0, $1) },
            uniquingKeysWith: { first, _ in first })
    }

    var text: String {
        guard !cells.isEmpty else { return "[]" }
        return lines(axis: 0, place: 0, indent: " ", width: TensorPrinter.lineWidth)
    }

    private func lines(axis: Int, place: Int, indent: String, width: Int) -> String {
        guard axis < shape.count else { return cells[place] ?? "" }
        let isLast = axis == shape.count - 1
        let items = shown[axis].map { index in
            lines(axis: axis + 1, place: place * shape[axis] + index, indent: indent + " ", width: width - 1)
        }
        var words = items
        if isAbridged, shape[axis] > 2 * TensorPrinter.edgeCount { words.insert("...", at: TensorPrinter.edgeCount) }
        guard isLast else {
            let separator = String(repeating: "\n", count: shape.count - 1 - axis) + indent
            return "[" + words.joined(separator: separator) + "]"
        }
        var (text, line) = ("", indent)
        for (index, word) in words.enumerated() {
            if line.count + word.count > width - 1, line.count > indent.count {
                while line.last == " " { line.removeLast() }
                text += line + "\n"
                line = indent
            }
            line += word + (index + 1 < words.count ? " " : "")
        }
        return "[" + (text + line).dropFirst(indent.count) + "]"
    }
}

/// Elements formatted to equal width.
private enum ElementTexts {
    static func texts(of storage: Tensor.Storage, at places: [Int]) -> [String] {
        switch storage {
        case .float32(let values): floats(places.map { values[$0] }) { DecimalDigits($0) }
        case .float16(let bits):
            floats(
                places.map { NarrowFloat.float(float16: bits[$0]) },
                ratio: narrowRatio
            ) { value in
                DecimalDigits(value) { NarrowFloat.float16($0) == NarrowFloat.float16(value) }
            }
        case .bfloat16(let bits):
            floats(places.map { NarrowFloat.float(bfloat16: bits[$0]) }) { value in
                DecimalDigits(value) { NarrowFloat.bfloat16($0) == NarrowFloat.bfloat16(value) }
            }
        case .int32(let values): aligned(places.map { "\(values[$0])" })
        case .int64(let values): aligned(places.map { "\(values[$0])" })
        case .bool(let values): places.map { values[$0] == 0 ? "false" : " true" }
        }
    }

    private static func narrowRatio(_ left: Float, _ right: Float) -> Float {
        NarrowFloat.float(float16: NarrowFloat.float16(left / right))
    }

    private static func aligned(_ texts: [String]) -> [String] {
        let width = texts.map(\.count).max() ?? 0
        return texts.map { padding(width - $0.count) + $0 }
    }

    private static func padding(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }

    /// Aligned at the decimal point; in scientific notation if the magnitudes differ widely.
    ///
    /// - Parameter ratio: The quotient of two elements, rounded to the elements' type.
    private static func floats(
        _ values: [Float], ratio: (Float, Float) -> Float = { $0 / $1 }, _ digits: (Float) -> DecimalDigits
    ) -> [String] {
        let sizes = values.lazy.filter { $0.isFinite && $0 != 0 }.map(abs)
        let (least, largest) = (sizes.min() ?? 1, sizes.max() ?? 1)
        let isScientific = largest >= 1e8 || least < 1e-4 || ratio(largest, least) > 1000
        var parts = values.map { $0.isFinite ? (isScientific ? digits($0).scientific : digits($0).positional) : nil }
        let fraction = parts.compactMap { $0?.fraction.count }.max() ?? 0
        if isScientific {
            // In scientific notation all have equally many digits, computed from the exact value.
            parts = values.map { $0.isFinite ? DecimalDigits($0, fractionCount: fraction).scientific : nil }
        }
        let whole = parts.compactMap { $0?.whole.count }.max() ?? 0
        let exponent = parts.compactMap { $0?.exponent.count }.max() ?? 0
        let texts = zip(values, parts).map { value, part in
            guard let part else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
            let rest = max(0, fraction - part.fraction.count)
            let filled = part.fraction + String(repeating: isScientific ? "0" : " ", count: rest)
            let power =
                part.exponent.isEmpty
                ? ""
                : part.exponent.prefix(2) + String(repeating: "0", count: exponent - part.exponent.count)
                    + part.exponent.dropFirst(2)
            return padding(whole - part.whole.count) + part.whole + "." + filled + power
        }
        return aligned(texts)
    }
}

/// Sign, decimal digits and exponent of a float: the fewest digits that distinguish it from its neighbors.
private struct DecimalDigits {
    private let isNegative: Bool
    /// The magnitude.
    private let exact: Float
    private var digits: [Int]
    /// Position of the decimal point, counted from before the first digit.
    private var point: Int

    /// Maximum number of digits after the decimal point.
    private static let precision = 8

    init(_ value: Float) {
        isNegative = value.sign == .minus
        exact = value.magnitude
        let parts = "\(value.magnitude)".split(separator: "e")
        let mantissa = (parts.first ?? "0").split(separator: ".", omittingEmptySubsequences: false)
        let (whole, fraction) = (mantissa[0], mantissa.count > 1 ? mantissa[1] : "")
        digits = (whole + fraction).compactMap(\.wholeNumberValue)
        point = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        point = digits.isEmpty ? 1 : point - zeros
        trim()
    }

    /// The fewest digits that still satisfy `isSame`.
    init(_ value: Float, isSame: (Float) -> Bool) {
        self.init(value)
        for count in 1..<max(digits.count, 2) {
            var shorter = self
            shorter.round(to: count)
            if let number = shorter.value, isSame(number) {
                self = shorter
                return
            }
        }
    }

    /// The number rounded to this many digits after the first.
    init(_ value: Float, fractionCount: Int) {
        self.init(value)
        let power = point - 1
        guard !digits.isEmpty else { return }
        let scaled = (Double(value.magnitude) * DecimalDigits.powerOfTen(fractionCount - power)).rounded()
        replaceDigits(by: scaled, behindPoint: fractionCount - power)
    }

    /// Sets the digits to those of an integer, with `count` of them after the decimal point.
    private mutating func replaceDigits(by number: Double, behindPoint count: Int) {
        guard let whole = Int(exactly: number) else { return }
        digits = String(whole).compactMap(\.wholeNumberValue)
        point = digits.count - count
        trim()
        if digits == [] { point = 1 }
    }

    private static func powerOfTen(_ exponent: Int) -> Double {
        // A single rounding, for every power that a float can have.
        Double("1e\(exponent)") ?? 1
    }

    private var value: Float? {
        Float("\(isNegative ? "-" : "")0.\(digits.map(String.init).joined())e\(point)")
    }

    private mutating func trim() { while digits.last == 0 { digits.removeLast() } }

    private mutating func round(to count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            digits = []
            return
        }
        let isUp = digits[count] >= 5
        digits.removeSubrange(count...)
        if isUp {
            var place = count - 1
            while place >= 0, digits[place] == 9 {
                digits[place] = 0
                place -= 1
            }
            if place >= 0 {
                digits[place] += 1
            } else {
                digits.insert(1, at: 0)
                point += 1
            }
        }
        trim()
    }

    private var sign: String { isNegative ? "-" : "" }

    /// `-12.5` as `-12` and `5`.
    var positional: (whole: String, fraction: String, exponent: String) {
        var rounded = self
        if digits.count - point > DecimalDigits.precision {
            // From the exact value: the shortest digits are already rounded. A float times 10⁸ is exact here.
            let scaled = (Double(exact) * DecimalDigits.powerOfTen(DecimalDigits.precision)).rounded(.toNearestOrEven)
            rounded.replaceDigits(by: scaled, behindPoint: DecimalDigits.precision)
        }
        let (digits, point) = (rounded.digits, rounded.point)
        func text(_ range: Range<Int>) -> String {
            range.map { $0 >= 0 && $0 < digits.count ? String(digits[$0]) : "0" }.joined()
        }
        let whole = point > 0 ? text(0..<point) : "0"
        return (sign + whole, digits.count > point ? text(min(point, digits.count)..<digits.count) : "", "")
    }

    /// `-1.25e+03` as `-1`, `25` and `e+03`.
    var scientific: (whole: String, fraction: String, exponent: String) {
        let rounded = self
        let power = rounded.digits.isEmpty ? 0 : rounded.point - 1
        let exponent = "\(power.magnitude)"
        return (
            sign + (rounded.digits.first.map(String.init) ?? "0"),
            rounded.digits.dropFirst().map(String.init).joined(),
            "e\(power < 0 ? "-" : "+")\(exponent.count < 2 ? "0" : "")\(exponent)"
        )
    }
}
