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
    /// Axes of one size, so that operands and axes that are taken for each other have shapes that fit.
    case coincidences
    /// Numbers with which an operation has a simple form, such as a factor of 0 or an exponent of ½, beside special ones.
    case identities
    /// Operands beside the first: their dtypes, strides and constants.
    case otherOperands
    /// 16-bit types in larger shapes.
    case narrowTypes
    /// Indices and starts outside of their axis, next to it and far away.
    case dueErrors
    /// Axes of no elements, one or several, in each place.
    case emptyAxes

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
        case .coincidences: CoincidenceDimension.coverage(of: operation)
        case .identities: IdentityDimension.coverage(of: operation)
        case .otherOperands: OtherOperandDimension.coverage(of: operation)
        case .narrowTypes: NarrowDimension.coverage(of: operation)
        case .dueErrors: OperandDimension.dueErrors(of: operation)
        case .emptyAxes: EmptyDimension.coverage(of: operation)
        }
    }

    /// The cases of all dimensions for an operation, with seeds of their own.
    static func cases(of operation: String, in dimensions: [CaseDimension] = allCases) -> [ParityCase] {
        dimensions.flatMap { dimension -> [ParityCase] in
            guard case .cases(let cases) = dimension.coverage(of: operation) else { return [] }
            return cases
        }.enumerated().map { $1.with(ParityCase.seedKey, 500 + $0) }
    }
}

/// Kinds of operations by the settings of their cases: those of their family.
enum CaseKind {
    case unary, binary, select, cast, source, view, pad, concatenate, index, embedding, update, reduction, argMax, row
    case matmul, linear, quantized, convolution, rotary, attention, head, graph

    /// Nil for a family without an entry here; its operations then have no reason in the table.
    init?(_ operation: String) {
        switch CaseCatalog.family(of: operation) {
        case is UnaryCases: self = .unary
        case is BinaryCases: self = .binary
        case is SelectCases: self = .select
        case is CastCases: self = .cast
        case is SourceCases: self = .source
        case is ViewCases: self = .view
        case is PadCases: self = .pad
        case is ConcatenateCases: self = .concatenate
        case is IndexCases: self = operation == "embedding" ? .embedding : .index
        case is UpdateSliceCases: self = .update
        case is ReductionCases: self = operation == "arg_max" ? .argMax : .reduction
        case is RowCases: self = .row
        case is ProductCases: self = operation == "matmul" ? .matmul : .linear
        case is FusedLinearCases: self = .linear
        case is QuantizedCases: self = .quantized
        case is ConvolutionCases: self = .convolution
        case is RotaryCases: self = .rotary
        case is AttentionCases: self = .attention
        case is HeadCases: self = .head
        case is GraphCases, is ShapeGraphCases, is StateGraphCases: self = .graph
        default: return nil
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
