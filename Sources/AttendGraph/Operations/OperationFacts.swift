/// Facts of an operation that costs, counting and passes read. None of them changes a result; the default is that of an operation whose
/// parts say it all.
public struct OperationFacts: Sendable {
    /// Kinds of work that have a speed of their own on a device.
    public enum Work: Sendable, Hashable {
        /// A product with a matrix of weights.
        case product
        /// A product of two values.
        case matmul
        case attention
        /// Softmax, norms, activations, and functions that cost as much.
        case rows
        /// Element by element, and moves.
        case elements
    }

    /// What a weight among the inputs is for.
    public enum WeightRole: Sendable, Hashable {
        case norm
        /// A table of vectors, read by row.
        case table
        /// A matrix or a bias of a product.
        case projection
    }

    /// How an operation passes a projection on, on the way to attention or from it.
    public enum Passage: Sendable, Hashable {
        case no
        /// The same elements in another shape, order or type.
        case view
        /// Turned, scaled or shifted.
        case change
    }

    public var work = Work.elements
    /// Floating-point operations of its products, a multiply-add counted as two; what goes element by element is not counted.
    public var flops: @Sendable (KernelRequest) -> Double = { _ in 0 }
    /// By the input's name.
    public var weights: [String: WeightRole] = [:]
    /// Whether backends run it as one kernel, so that values inside take no memory.
    public var isWhole = false
    /// Whether it is the nonlinear function of an MLP.
    public var isActivation: @Sendable (Attributes) -> Bool = { _ in false }
    public var passage = Passage.no

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
    /// The facts by primitive, made once.
    static let facts: [Primitive: OperationFacts] = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.facts) })

    /// Of most primitives none.
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
