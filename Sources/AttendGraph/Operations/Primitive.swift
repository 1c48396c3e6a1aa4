/// The basic operations, from which all others are composed. A backend that implements these runs every model.
///
/// The raw values are the names in graph files.
public enum Primitive: String, CaseIterable, Sendable, Hashable {
    /// Matrix product over the last two axes, with broadcast leading axes.
    case matmul
    /// Elementwise arithmetic with broadcasting; `power` as C's `pow`.
    case add, subtract, multiply, divide, minimum, maximum, power
    /// Elementwise comparisons with broadcasting, to bool.
    case equal, less
    case lessEqual = "less_equal"
    case greater
    case greaterEqual = "greater_equal"
    /// Elementwise logic of bools.
    case and, or, not
    /// Elementwise choice between `lhs` and `rhs` by a bool, with broadcasting.
    case `where`
    /// Elementwise functions; see ``Value``.
    case negate, abs, sign, floor, exp, log, sqrt
    case reciprocalSqrt = "reciprocal_sqrt"
    case reciprocal, tanh, erf, sin, cos
    /// Sum over axes.
    case reduceSum = "reduce_sum"
    /// Maximum over axes.
    case reduceMax = "reduce_max"
    /// Moves of elements: views, copies and lookups by index.
    case reshape, transpose, broadcast, slice, pad, concatenate, gather
    /// Addition of slices at indices along an axis; repeated indices accumulate.
    case scatterAdd = "scatter_add"
    /// Overwriting of a slice along an axis, from a start read at run time.
    case updateSlice = "update_slice"
    /// Conversion to another dtype; counting 0, 1, 2, … along an axis.
    case cast, iota
    /// Index of the largest element along an axis.
    case argMax = "arg_max"
    /// Uniform random numbers in [0, 1); see ``Philox``.
    case random
    /// The identity, as a barrier to gradients.
    case stopGradient = "stop_gradient"
}

extension Primitive {
    /// Classes of primitives by the rule for their output's type.
    public enum Family: Sendable {
        /// Two broadcast operands of one dtype; the output has the same dtype.
        case arithmetic
        /// Two broadcast operands of one dtype; bool output.
        case comparison
        /// Two broadcast bools; bool output.
        case logic
        /// One operand, elementwise, of unchanged type.
        case unary
        /// A rule of its own.
        case other
    }

    /// The class of the primitive.
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

    /// The interface; version 1 with the single output `output`.
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

    /// The schemas by primitive, computed once.
    static let schemas: [Primitive: OperationSchema] = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, $0.schema) })
}
