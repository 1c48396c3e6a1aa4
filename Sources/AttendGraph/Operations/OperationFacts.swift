/// Facts of an operation for cost estimates, counting and passes. None of them changes a result; the defaults are those
/// of an operation determined by its parts.
public struct OperationFacts: Sendable {
    /// Kinds of work, each with its own speed on a device.
    public enum Work: Sendable, Hashable {
        /// A product with a matrix of weights.
        case product
        /// A product of two values.
        case matmul
        /// Attention.
        case attention
        /// Softmax, norms, activations and functions of similar cost.
        case rows
        /// Elementwise arithmetic, and moves.
        case elements
    }

    /// The role of a weight among the inputs.
    public enum WeightRole: Sendable, Hashable {
        /// Scale or bias of a norm.
        case norm
        /// A table of vectors, read by row.
        case table
        /// A matrix or a bias of a product.
        case projection
    }

    /// The effect of an operation on a projection between its product and attention.
    public enum Passage: Sendable, Hashable {
        /// Not passed on.
        case no
        /// The same elements in another shape, order or dtype.
        case view
        /// Rotated, scaled or shifted.
        case change
    }

    /// The kind of work, for cost estimates.
    public var work = Work.elements
    /// Floating-point operations of the products in a request, a multiply-add counted as two; elementwise work is not
    /// counted.
    public var flops: @Sendable (KernelRequest) -> Double = { _ in 0 }
    /// Roles of weights by input name.
    public var weights: [String: WeightRole] = [:]
    /// Whether backends run it as one kernel, so that values inside take no memory.
    public var isWhole = false
    /// Whether it is the nonlinear function of an MLP, given its attributes.
    public var isActivation: @Sendable (Attributes) -> Bool = { _ in false }
    /// The effect on a projection.
    public var passage = Passage.no

    /// Facts of an operation without products or activation; set ``flops`` and ``isActivation`` afterwards.
    public init(
        work: Work = .elements, weights: [String: WeightRole] = [:], isWhole: Bool = false, passage: Passage = .no
    ) {
        (self.work, self.weights, self.isWhole, self.passage) = (work, weights, isWhole, passage)
    }

    /// An activation with a kernel.
    static var activation: OperationFacts {
        var facts = OperationFacts(work: .rows, isWhole: true)
        facts.isActivation = { _ in true }
        return facts
    }
}

extension Primitive {
    /// The facts by primitive, computed once.
    static let facts: [Primitive: OperationFacts] = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.facts) })

    /// The facts of this primitive; the defaults for most.
    private var facts: OperationFacts {
        switch self {
        case .matmul:
            var facts = OperationFacts(work: .matmul)
            facts.flops = { MatmulCall($0)?.flops ?? 0 }
            return facts
        case .exp, .tanh, .erf, .log, .power: return OperationFacts(work: .rows)
        case .gather: return OperationFacts(weights: ["input": .table])
        // Positions: the first rows of a table, read without indices.
        case .slice: return OperationFacts(weights: ["input": .table], passage: .view)
        case .transpose, .reshape, .cast: return OperationFacts(passage: .view)
        case .add, .multiply, .divide: return OperationFacts(passage: .change)
        default: return OperationFacts()
        }
    }
}
