import AttendRuntime
import ReferenceBackend
import Testing

/// A scalar from outside: a double that counts the operations behind it.
struct Counted: ReferenceScalar {
    var value: Double
    var operations = 0

    init(_ value: Float) { self.value = Double(value) }
    init(_ value: Double) { self.value = value }
    init(_ value: Int64) { self.value = Double(value) }

    init(_ value: Double, after operands: Counted...) {
        self.value = value
        operations = operands.reduce(1) { $0 + $1.operations }
    }

    /// What is copied out is the count.
    var float: Float { Float(operations) }
    var double: Double { value }
    func rounded(to dtype: DType) -> Counted { self }

    static func + (lhs: Counted, rhs: Counted) -> Counted { Counted(lhs.value + rhs.value, after: lhs, rhs) }
    static func - (lhs: Counted, rhs: Counted) -> Counted { Counted(lhs.value - rhs.value, after: lhs, rhs) }
    static func * (lhs: Counted, rhs: Counted) -> Counted { Counted(lhs.value * rhs.value, after: lhs, rhs) }
    static func / (lhs: Counted, rhs: Counted) -> Counted { Counted(lhs.value / rhs.value, after: lhs, rhs) }
    static prefix func - (value: Counted) -> Counted { Counted(-value.value, after: value) }
    static func abs(_ value: Counted) -> Counted { Counted(Double.abs(value.value), after: value) }
    static func floor(_ value: Counted) -> Counted { Counted(Double.floor(value.value), after: value) }

    static func == (lhs: Counted, rhs: Counted) -> Bool { lhs.value == rhs.value }
    static func < (lhs: Counted, rhs: Counted) -> Bool { lhs.value < rhs.value }
    static func <= (lhs: Counted, rhs: Counted) -> Bool { lhs.value <= rhs.value }
    var isNaN: Bool { value.isNaN }
    static var infinity: Counted { Counted(Double.infinity) }

    static func sqrt(_ value: Counted) -> Counted { Counted(Double.sqrt(value.value), after: value) }
    static func apply(_ function: ElementaryFunction, to value: Counted) -> Counted {
        Counted(function.double(value.value), after: value)
    }
    static func pow(_ base: Counted, _ exponent: Counted) -> Counted {
        Counted(Double.pow(base.value, exponent.value), after: base, exponent)
    }
}

@Suite struct ScalarTests {
    @Test func `the kernels run over a scalar from outside`() throws {
        let run = Runner(backend: Reference<Counted>(name: "counted"))
        let (lhs, rhs) = (try floats([1, 2, 3, 4, 5, 6], [2, 3]), try floats([1, 2, 3], [3, 1]))
        // Three products and three sums an element, the sum that starts at 0 included.
        try expectSame(run(.matmul, [lhs, rhs]), floats([6, 6], [2, 1]))
        try expectSame(run(.reciprocalSqrt, [rhs]), floats([2, 2, 2], [3, 1]))
        try expectSame(run(.argMax, [rhs], ["axis": .integer(0)]), int64s([2], [1]))
        #expect(run.backend.storageByteCount(of: .float32) == 16)
    }
}
