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
    public static func apply(_ function: ElementaryFunction, to value: Float) -> Float { function.float(value) }
    public static func pow(_ base: Float, _ exponent: Float) -> Float { Foundation.pow(base, exponent) }
}
