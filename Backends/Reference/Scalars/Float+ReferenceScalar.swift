public import AttendBackend
import Foundation

extension Float: ReferenceScalar {
    public var float: Float { self }
    public var double: Double { Double(self) }

    public func rounded(to dtype: DType) -> Float {
        switch dtype {
        case .float16: NarrowFloat.float(float16: NarrowFloat.float16(self))
        case .bfloat16: NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(self))
        case .float32, .int32, .int64, .bool: self
        }
    }

    public static func abs(_ value: Float) -> Float { value.magnitude }
    public static func floor(_ value: Float) -> Float { value.rounded(.down) }
    public static func sqrt(_ value: Float) -> Float { value.squareRoot() }
    public static func exp(_ value: Float) -> Float { Foundation.exp(value) }
    public static func log(_ value: Float) -> Float { Foundation.log(value) }
    public static func tanh(_ value: Float) -> Float { Foundation.tanh(value) }
    public static func erf(_ value: Float) -> Float { Float(Foundation.erf(Double(value))) }
    public static func sin(_ value: Float) -> Float { Foundation.sin(value) }
    public static func cos(_ value: Float) -> Float { Foundation.cos(value) }
    public static func pow(_ base: Float, _ exponent: Float) -> Float { Foundation.pow(base, exponent) }
}
