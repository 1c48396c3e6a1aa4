import AttendBackend
import AttendPlugin
import Foundation

/// Element by element. A smaller input is stretched to the output's shape.
@Sendable func elementwise(_ request: KernelRequest) -> (any Kernel)? {
    guard let primitive = request.operation.primitive, let function = functions[primitive] else { return nil }
    let isLogic = primitive.family == .logic || primitive == .not
    let isTrue = isLogic || primitive.family == .comparison
    let (from, to): (Set<DType>, Set<DType>) = (isLogic ? [.bool] : [.float32], isTrue ? [.bool] : [.float32])
    guard
        let (inputs, output) = request.inputs.count == 1
            ? request.operands(from, result: to) : request.operands(from, from, result: to)
    else { return nil }
    let places = inputs.map { Layout(dense: $0.shape).broadcast(to: output.shape).elementOffsets }
    return request.kernel { values in
        zip(places[0], places[places.count - 1]).map { function(values[0][$0], values[values.count - 1][$1]) }
    }
}

/// Of one number or two; the second is the first where there is one alone.
private let functions: [Primitive: @Sendable (Double, Double) -> Double] = [
    .add: { $0 + $1 }, .subtract: { $0 - $1 }, .multiply: { $0 * $1 }, .divide: { $0 / $1 },
    .minimum: { $0.isNaN || $0 < $1 ? $0 : $1 }, .maximum: { $0.isNaN || $0 > $1 ? $0 : $1 },
    .equal: { $0 == $1 ? 1 : 0 }, .less: { $0 < $1 ? 1 : 0 }, .greater: { $0 > $1 ? 1 : 0 },
    .and: { $0 * $1 }, .or: { max($0, $1) }, .not: { x, _ in 1 - x },
    .negate: { x, _ in -x }, .abs: { x, _ in abs(x) }, .exp: { x, _ in exp(x) }, .log: { x, _ in log(x) },
    .sqrt: { x, _ in x.squareRoot() }, .reciprocal: { x, _ in 1 / x }, .tanh: { x, _ in tanh(x) },
    .reciprocalSqrt: { x, _ in 1 / x.squareRoot() }, .erf: { x, _ in erf(x) }
]
