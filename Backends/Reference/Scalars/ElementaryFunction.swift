public import AttendBackend
import Foundation

/// A function of one number, element by element, on each of the reference's scalars.
public struct ElementaryFunction: Sendable {
    /// As near as the C library is.
    public let float: @Sendable (Float) -> Float
    /// As near as the C library is.
    public let double: @Sendable (Double) -> Double
    /// What a backend's result may be; see ``Bounded``.
    public let bounded: @Sendable (Bounded) -> Bounded

    /// By primitive.
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
