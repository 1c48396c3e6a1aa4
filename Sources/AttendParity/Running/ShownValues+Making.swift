import AttendRuntime
import ReferenceBackend

extension ShownValues {
    /// The values of a case's inputs; nil for more elements than are shown.
    ///
    /// - Parameter others: The number of elements that are shown besides.
    init?(_ built: BuiltCase, inputs: [String: Tensor], others: Int = 0) {
        let constants = built.graph.constants.compactMap { constant in
            if case .held(let tensor) = constant.content { (constant.name, tensor) } else { nil }
        }
        let named = inputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + constants
        guard named.reduce(others, { $0 + $1.1.elementCount }) <= ShownValues.limit else { return nil }
        self.inputs = named.map { Row($0, $1) }
    }

    /// The same with the wrong output.
    init?(_ built: BuiltCase, inputs: [String: Tensor], _ name: String, _ found: Tensor, _ expected: ExpectedTensor) {
        self.init(built, inputs: inputs, others: found.elementCount)
        guard found.shape == expected.shape, found.dtype == expected.dtype else { return }
        output = Row(name, found)
        self.expected = Row(name: "expected", type: "", elements: ElementText.expected(expected, found))
    }

    /// The same with an output of two runs that differ in its bits.
    init?(_ built: BuiltCase, _ name: String, _ found: Tensor, run: Int, first: Tensor) {
        self.init(built, inputs: built.inputs, others: found.elementCount)
        guard found.shape == first.shape, found.dtype == first.dtype else { return }
        let texts = ElementText.pair(found, first)
        output = Row(name: "\(name), run \(run)", type: "\(found.dtype)\(found.shape)", elements: texts.map(\.0))
        expected = Row(name: "\(name), run 1", type: "", elements: texts.map(\.1))
    }
}

extension ShownValues.Row {
    fileprivate init(_ name: String, _ tensor: Tensor) {
        self.init(name: name, type: "\(tensor.dtype)\(tensor.shape)", elements: ElementText.texts(tensor))
    }
}

/// Texts of elements: integers as integers, `nan`, `inf`, `-0`.
enum ElementText {
    static func texts(_ tensor: Tensor) -> [String] {
        guard let floats = try? tensor.floats() else { return ExpectedTensor.numbers(tensor).map { "\($0)" } }
        return floats.map { text($0) }
    }

    /// The shortest text that is this float and no other.
    static func text(_ float: Float) -> String { text("\(float)") }

    private static func text(_ double: Double) -> String { text("\(double)") }

    private static func text(_ number: String) -> String {
        if number.hasSuffix("nan") || number.contains("nan(") { return "nan" }
        return number.hasSuffix(".0") ? String(number.dropLast(2)) : number
    }

    /// Two tensors of one type. NaNs whose bits differ have their bits behind them.
    static func pair(_ left: Tensor, _ right: Tensor) -> [(String, String)] {
        let (bits, others) = (bits(left), bits(right))
        return zip(zip(texts(left), texts(right)), zip(bits, others)).map { texts, bits in
            guard texts.0 == "nan", texts.1 == "nan", bits.0 != bits.1 else { return texts }
            return ("nan(0x\(String(bits.0, radix: 16)))", "nan(0x\(String(bits.1, radix: 16)))")
        }
    }

    private static func bits(_ tensor: Tensor) -> [UInt32] {
        switch tensor.storage {
        case .float32(let values): values.map(\.bitPattern)
        case .float16(let bits), .bfloat16(let bits): bits.map { UInt32($0) }
        case .int32, .int64, .bool: Array(repeating: 0, count: tensor.elementCount)
        }
    }

    /// The expected elements beside those that were found: as floats, or with more digits if a wrong one would look the
    /// same.
    static func expected(_ expected: ExpectedTensor, _ found: Tensor) -> [String] {
        switch expected.elements {
        case .exact(let tensor): return texts(tensor)
        case .bounded(let numbers):
            let found = (try? found.floats()) ?? []
            return zip(numbers, found).map { text($0, beside: $1) }
        }
    }

    private static func text(_ number: Bounded, beside found: Float) -> String {
        if number.bound == .infinity { return number.isNaN ? "not finite" : "any" }
        let short = text(Float(number.value))
        let isWithin = abs(Double(found) - number.value) <= number.bound
        return short == text(found) && !isWithin && found.isFinite ? text(number.value) : short
    }
}
