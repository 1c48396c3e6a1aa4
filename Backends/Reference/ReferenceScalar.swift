import AttendCore

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// What the reference computes with in place of real numbers: `Float` as a backend, `Double` as
/// the oracle; a scalar that carries its own error bound fits as well.
public protocol ReferenceScalar: Sendable {
    init(_ value: Float)
    init(_ value: Double)
    init(_ value: Int64)
    /// The value as it is copied to the host.
    var float: Float { get }
    var double: Double { get }
    var isNaN: Bool { get }

    static func + (lhs: Self, rhs: Self) -> Self
    static func - (lhs: Self, rhs: Self) -> Self
    static func * (lhs: Self, rhs: Self) -> Self
    static func / (lhs: Self, rhs: Self) -> Self
    static prefix func - (value: Self) -> Self
    static func == (lhs: Self, rhs: Self) -> Bool
    static func < (lhs: Self, rhs: Self) -> Bool

    /// The elementary functions, as C's `math.h` defines them.
    func applying(_ function: ElementaryFunction) -> Self
    func raised(to exponent: Self) -> Self

    /// Bytes that a float32 element takes in a buffer.
    static var byteCount: Int { get }
}

/// The functions that a scalar brings along.
public enum ElementaryFunction: Sendable {
    case floor, exp, log, sqrt, tanh, erf, sin, cos
}

extension Float: ReferenceScalar {
    public var float: Float { self }
    public var double: Double { Double(self) }
    public static var byteCount: Int { 4 }

    /// By way of the float64 functions, rounded once: within half an ulp but for rare double roundings.
    public func applying(_ function: ElementaryFunction) -> Float {
        switch function {
        case .floor: rounded(.down)
        case .sqrt: squareRoot()
        default: Float(Double(self).applying(function))
        }
    }

    public func raised(to exponent: Float) -> Float { Float(pow(Double(self), Double(exponent))) }
}

extension Double: ReferenceScalar {
    public var float: Float { Float(self) }
    public var double: Double { self }
    public static var byteCount: Int { 8 }

    public func applying(_ function: ElementaryFunction) -> Double {
        switch function {
        case .floor: rounded(.down)
        case .exp: exp(self)
        case .log: log(self)
        case .sqrt: squareRoot()
        case .tanh: tanh(self)
        case .erf: erf(self)
        case .sin: sin(self)
        case .cos: cos(self)
        }
    }

    public func raised(to exponent: Double) -> Double { pow(self, exponent) }
}

extension ReferenceScalar {
    /// The value that a tensor of this dtype can hold. Only the 16-bit types round: to nearest even,
    /// as their specification has it, whatever the scalar.
    func stored(as dtype: DType) -> Self {
        switch dtype {
        case .float16: Self(NarrowFloat.float(float16: NarrowFloat.float16(float)))
        case .bfloat16: Self(NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(float)))
        case .float32, .int32, .int64, .bool: self
        }
    }
}
