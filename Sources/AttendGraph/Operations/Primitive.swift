/// The operations that everything else is made of. A backend that prepares these runs every model.
///
/// The case names are the names in graph files.
public enum Primitive: String, CaseIterable, Sendable, Hashable {
    case matmul
    case add, subtract, multiply, divide, minimum, maximum, power
    case equal, less
    case lessEqual = "less_equal"
    case greater
    case greaterEqual = "greater_equal"
    case and, or, not
    case `where`
    case negate, abs, sign, floor, exp, log, sqrt
    case reciprocalSqrt = "reciprocal_sqrt"
    case reciprocal, tanh, erf, sin, cos
    case reduceSum = "reduce_sum"
    case reduceMax = "reduce_max"
    case reshape, transpose, broadcast, slice, pad, concatenate, gather
    case scatterAdd = "scatter_add"
    case updateSlice = "update_slice"
    case cast, iota
    case argMax = "arg_max"
    case random
    case stopGradient = "stop_gradient"
}

extension Primitive {
    /// How a primitive's output follows from its inputs; the shape rules hang on it.
    public enum Family: Sendable {
        /// Two broadcast operands of one dtype, the same dtype out.
        case arithmetic
        /// Two broadcast operands of one dtype, bool out.
        case comparison
        /// Two broadcast bools, bool out.
        case logic
        /// One operand, element by element.
        case unary
        /// Everything with a rule of its own.
        case other
    }

    public var family: Family {
        switch self {
        case .add, .subtract, .multiply, .divide, .minimum, .maximum, .power: .arithmetic
        case .equal, .less, .lessEqual, .greater, .greaterEqual: .comparison
        case .and, .or: .logic
        case .not, .negate, .abs, .sign, .floor, .exp, .log, .sqrt, .reciprocalSqrt, .reciprocal, .tanh, .erf, .sin,
            .cos, .stopGradient:
            .unary
        case .matmul, .where, .reduceSum, .reduceMax, .reshape, .transpose, .broadcast, .slice, .pad, .concatenate,
            .gather, .scatterAdd, .updateSlice, .cast, .iota, .argMax, .random:
            .other
        }
    }

    public var schema: OperationSchema {
        switch self {
        case .matmul:
            binary(attributes: [
                .init("transpose_lhs", default: .bool(false)), .init("transpose_rhs", default: .bool(false))
            ])
        case .where: define(["condition", "lhs", "rhs"])
        case .reduceSum, .reduceMax:
            define(
                ["input"],
                attributes: [.init("axes", optional: .integers), .init("keep_dimensions", default: .bool(false))])
        case .reshape, .broadcast: define(["input"], attributes: [.init("shape", .sizes)])
        case .transpose: define(["input"], attributes: [.init("permutation", .integers)])
        case .slice:
            define(
                ["input"],
                attributes: [
                    .init("axes", .integers), .init("starts", .sizes), .init("ends", .sizes),
                    .init("steps", optional: .integers)
                ])
        case .pad:
            define(
                ["input"],
                attributes: [.init("before", .sizes), .init("after", .sizes), .init("value", default: .number(0))])
        case .concatenate:
            OperationSchema(
                rawValue, inputs: [.init("inputs")], isVariadic: true, attributes: [.init("axis", .integer)])
        case .gather: define(["input", "indices"], attributes: [.init("axis", default: .integer(0))])
        case .scatterAdd: define(["input", "indices", "updates"], attributes: [.init("axis", default: .integer(0))])
        case .updateSlice: define(["input", "update", "start"], attributes: [.init("axis", .integer)])
        case .cast: define(["input"], attributes: [.init("dtype", .dtype)])
        case .iota:
            define(
                [],
                attributes: [.init("shape", .sizes), .init("axis", .integer), .init("dtype", default: .dtype(.int64))])
        case .argMax:
            define(
                ["input"], attributes: [.init("axis", .integer), .init("keep_dimensions", default: .bool(false))])
        case .random: define(["counter"], attributes: [.init("shape", .sizes), .init("seed", .integer)])
        default:
            family == .unary ? define(["input"]) : binary(attributes: [])
        }
    }

    private func define(_ inputs: [String], attributes: [OperationSchema.Attribute] = []) -> OperationSchema {
        OperationSchema(rawValue, inputs: inputs.map { .init($0) }, attributes: attributes)
    }

    private func binary(attributes: [OperationSchema.Attribute]) -> OperationSchema {
        define(["lhs", "rhs"], attributes: attributes)
    }

    /// The schemas by primitive, made once.
    static let schemas: [Primitive: OperationSchema] = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, $0.schema) })
}
