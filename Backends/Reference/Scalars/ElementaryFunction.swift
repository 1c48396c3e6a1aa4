public import AttendBackend
import Foundation

/// An element-wise function of one number, for each scalar of the reference.
public struct ElementaryFunction: Sendable {
    /// The function on `Float`, with the C library's accuracy.
    public let float: @Sendable (Float) -> Float
    /// The function on `Double`, with the C library's accuracy.
    public let double: @Sendable (Double) -> Double
    /// The function with the error allowed to a backend; see ``Bounded``.
    public let bounded: @Sendable (Bounded) -> Bounded

    /// All elementary functions by primitive.
    public static let all: [Primitive: ElementaryFunction] = [
        .exp: .init(float: Foundation.exp, double: Foundation.exp, bounded: Bounded.exp),
        .log: .init(float: Foundation.log, double: Foundation.log, bounded: Bounded.log),
        .tanh: .init(float: Foundation.tanh, double: Foundation.tanh, bounded: Bounded.tanh),
        .erf: .init(
            float: { Float(Foundation.erf(Double($0))) }, double: Foundation.erf, bounded: Bounded.erf),
        .sin: .init(float: Foundation.sin, double: Foundation.sin, bounded: Bounded.sin),
        .cos: .init(float: Foundation.cos, double: Foundation.cos, bounded: Bounded.cos)
    ]
}
