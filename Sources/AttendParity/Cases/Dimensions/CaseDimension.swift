import AttendRuntime

/// A property of requests that is crossed with every operation where it means something.
///
/// ``coverage(of:)`` is the table: the cases of a dimension for an operation, or the reason why it has none.
package enum CaseDimension: String, CaseIterable, Sendable {
    /// Ranks 0 to 8, the largest rank of a value.
    case ranks
    /// Axes, and products of axes, at 2⁸ and 2¹⁶ and next to them, and more than 2²⁰ elements.
    case sizes
    /// Numbers at the ends of each dtype's range, wherever they are moved, compared or computed.
    case extremes
    /// Sums of many terms without rounding, so that one lost term shows.
    case exactSums
    /// One value as several operands of a node.
    case sharedOperands
    /// Constants, scalars among them, on each side.
    case constants
    /// Axes in any order, and counted from the end.
    case axes
    /// Lists of 1, 2, 9 and 33 parts.
    case lists
    /// Indices and starts outside of their axis, next to it and far away.
    case dueErrors

    /// What a dimension has for an operation.
    package enum Coverage {
        case cases([ParityCase])
        /// None, with the reason.
        case omitted(String)
    }

    /// The cases of the dimension for an operation, each once, or the reason for none.
    package func coverage(of operation: String) -> Coverage {
        guard case .cases(let cases) = entry(operation) else { return entry(operation) }
        var known: Set<ParityCase> = []
        return .cases(cases.filter { known.insert($0).inserted })
    }

    private func entry(_ operation: String) -> Coverage {
        switch self {
        case .ranks: RankDimension.coverage(of: operation)
        case .sizes: SizeDimension.coverage(of: operation)
        case .extremes: ValueDimension.extremes(of: operation)
        case .exactSums: ValueDimension.exactSums(of: operation)
        case .sharedOperands: OperandDimension.shared(of: operation)
        case .constants: OperandDimension.constants(of: operation)
        case .axes: OperandDimension.axes(of: operation)
        case .lists: OperandDimension.lists(of: operation)
        case .dueErrors: OperandDimension.dueErrors(of: operation)
        }
    }

    /// The cases of all dimensions for an operation, with seeds of their own.
    static func cases(of operation: String) -> [ParityCase] {
        allCases.flatMap { dimension -> [ParityCase] in
            guard case .cases(let cases) = dimension.coverage(of: operation) else { return [] }
            return cases
        }.enumerated().map { $1.with(ParityCase.seedKey, 500 + $0) }
    }
}

/// Kinds of operations by the settings of their cases.
enum CaseKind {
    case unary, binary, select, cast, source, view, pad, concatenate, index, embedding, update, reduction, argMax, row
    case matmul, linear, convolution, rotary, attention, head, graph

    init?(_ operation: String) {
        if let primitive = Primitive(rawValue: operation) {
            switch primitive {
            case .reshape, .transpose, .broadcast, .slice: self = .view
            case .pad: self = .pad
            case .concatenate: self = .concatenate
            case .gather, .scatterAdd: self = .index
            case .updateSlice: self = .update
            case .cast: self = .cast
            case .iota, .random: self = .source
            case .where: self = .select
            case .matmul: self = .matmul
            case .argMax: self = .argMax
            case .reduceSum, .reduceMax: self = .reduction
            default: self = [.arithmetic, .comparison, .logic].contains(primitive.family) ? .binary : .unary
            }
            return
        }
        switch operation {
        case "embedding": self = .embedding
        case "reduce_mean": self = .reduction
        case "softmax", "log_softmax", "layer_norm", "rms_norm": self = .row
        case "linear", "fused_linear": self = .linear
        case "convolution_1d": self = .convolution
        case "rotary_embedding": self = .rotary
        case "attention": self = .attention
        case "self_attention", "cross_attention": self = .head
        case "transformer_block", "random_graph": self = .graph
        default:
            guard CaseCatalog.family(of: operation) is UnaryCases else { return nil }
            self = .unary
        }
    }
}

extension ParityCase {
    /// A case with the dtype that its operation needs, and float32 where that is possible.
    static func plain(_ operation: String) -> ParityCase {
        let isLogic = Primitive(rawValue: operation)?.family == .logic || operation == "not"
        return ParityCase(operation, isLogic ? ["dtype": "bool"] : [:])
    }
}
