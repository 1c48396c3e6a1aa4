/// A graph made ready for one binding of its symbols, on one backend and those that it may fall back to: chosen kernels in
/// order, and where each value lies. Immutable, and shared by all sessions.
///
/// A `home` is a place in ``Program/backends``: whose memory a value lies in. 0 is the backend that was named.
public final class Plan: Sendable {
    /// What a value's memory is.
    enum Storage: Sendable, Hashable {
        /// The host gives an input to every home that needs it.
        case input(Int, home: Int)
        case constant(ConstantPlace)
        /// States are at home 0.
        case state(Int)
        /// Memory of the session, shared by values whose lives don't overlap.
        case slot(Int)
    }

    /// A constant in one of its layouts on one of the devices; nil is the dense one.
    struct ConstantPlace: Sendable, Hashable {
        enum Origin: Sendable, Hashable {
            case graph(Int)
            /// Came with an opened composite.
            case literal(Literal)
        }
        /// A tensor that is equal to another when every bit is: 0 is not -0, and a NaN is itself.
        struct Literal: Sendable, Hashable {
            let tensor: Tensor

            static func == (left: Literal, right: Literal) -> Bool {
                guard left.tensor.shape == right.tensor.shape else { return false }
                if case .float32(let mine) = left.tensor.storage, case .float32(let theirs) = right.tensor.storage {
                    return mine.elementsEqual(theirs) { $0.bitPattern == $1.bitPattern }
                }
                return left.tensor.storage == right.tensor.storage
            }

            /// Equal bits have equal hashes; that 0 and -0 do as well is no harm.
            func hash(into hasher: inout Hasher) { hasher.combine(tensor) }
        }
        var origin: Origin
        var layout: String?
        var home: Int
    }

    struct Step: Sendable {
        var place: Placement
        var kernel: any Kernel
        var home: Int
        var inputs: [Storage?]
        var outputs: [Storage?]
    }

    /// Working memory that values share one after another.
    struct Slot: Sendable {
        var byteCount: Int
        var home: Int
    }

    struct Output: Sendable {
        var name: String
        var storage: Storage
        var home: Int
        var dtype: DType
        var shape: [Int]
    }

    /// Where one kernel runs, and what for.
    public struct Placement: Sendable, Hashable {
        /// The graph's node, and the parts that were opened on the way: `head/attention/matmul`.
        public var node: String
        public var operation: String
        public var backend: String
        public var kernel: String
        /// Why it is this kernel: the refusals that led here, that it fell back to another backend, and for a step of the host's
        /// own what it is for.
        public var reason: String?
        public var cost: KernelCost
        /// For a copy between two backends, the one that the value comes from; `cost.bytes` is what is copied. Its operation is
        /// `copy`.
        public var source: String?
    }

    public let symbols: [String: Int]
    /// What was planned, its symbols bound.
    package let graph: Graph
    let steps: [Step]
    let outputs: [Output]
    /// After a run, the state takes over the slot's buffer and gives its own.
    let stateUpdates: [(state: Int, slot: Int)]
    let slots: [Slot]

    init(
        graph: Graph, symbols: [String: Int], steps: [Step], outputs: [Output],
        stateUpdates: [(state: Int, slot: Int)], slots: [Slot]
    ) {
        self.graph = graph
        self.symbols = symbols
        self.steps = steps
        self.outputs = outputs
        self.stateUpdates = stateUpdates
        self.slots = slots
    }

    /// Every kernel in the order in which they run.
    public var placements: [Placement] { steps.map(\.place) }

    /// Bytes of the values between nodes; weights and inputs are not among them.
    public var workingByteCount: Int { slots.reduce(0) { $0 + $1.byteCount } }
}

/// Why a graph can't run on a backend.
public enum PlanError: Error, Sendable, Hashable {
    case graph(GraphError)
    /// No kernel, and no parts to open.
    case unsupported(node: String, operation: String, backend: String, reason: String)
}

extension PlanError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .graph(let error): error.description
        case .unsupported(let node, let operation, let backend, let reason):
            "node \"\(node)\": the backend \(backend) can't run \(operation): \(reason)"
        }
    }
}
