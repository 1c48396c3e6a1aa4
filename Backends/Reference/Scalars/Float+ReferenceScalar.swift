public import AttendBackend
import Foundation

extension Float: ReferenceScalar {
    /// The value itself.
    public var float: Float { self }
    /// The value, exactly.
    public var double: Double { Double(self) }

    /// Rounded to nearest even for 16-bit dtypes, else unchanged.
    public func rounded(to dtype: DType) -> Float {
        switch dtype {
        case .float16: NarrowFloat.float(float16: NarrowFloat.float16(self))
        case .bfloat16: NarrowFloat.float(bfloat16: NarrowFloat.bfloat16(self))
        case .float32, .int32, .int64, .bool: self
        }
    }

    /// Absolute value.
    public static func abs(_ value: Float) -> Float { value.magnitude }
    /// The largest integer ≤ the value.
    public static func floor(_ value: Float) -> Float { value.rounded(.down) }
    /// Square root, correctly rounded.
    public static func sqrt(_ value: Float) -> Float { value.squareRoot() }
    /// Applies the function's variant for `Float`.
    public static func apply(_ function: ElementaryFunction, to value: Float) -> Float { function.float(value) }
    /// C's `powf`.
    public static func pow(_ base: Float, _ exponent: Float) -> Float { Foundation.pow(base, exponent) }
}
