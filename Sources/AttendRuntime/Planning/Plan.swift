public import AttendBackend
public import AttendGraph

/// A graph made ready for one binding of its symbols, on one backend and those that it may fall back to: chosen kernels in
/// order, and where each value lies. Immutable, and shared by all sessions.
///
/// A `backendIndex` indexes ``Program/backends``: the backend whose memory holds a value. 0 is the named backend.
public final class Plan: Sendable {
    /// What a value's memory is.
    enum Storage: Sendable, Hashable {
        /// The host copies an input to every backend that reads it.
        case input(Int, backendIndex: Int)
        case constant(PlacedConstant)
        /// States are in the named backend's memory.
        case state(Int)
        /// Memory of the session, shared by values whose lives don't overlap.
        case slot(Int)
    }

    /// A constant in one layout on one device.
    struct PlacedConstant: Sendable, Hashable {
        enum Origin: Sendable, Hashable {
            case graph(TensorIdentity)
            /// Came with an opened composite.
            case literal(BitwiseTensor)
        }
        /// How a backend's own kernels want to have it.
        struct Packing: Sendable, Hashable {
            var layout: String
            /// The kernels' view of it: a constant that is reshaped is another matrix.
            var shape: [Int]
        }
        var origin: Origin
        /// Nil for the elements as they are.
        var packing: Packing?
        var backendIndex: Int

        var tensor: Tensor {
            switch origin {
            case .graph(let identity): identity.tensor
            case .literal(let literal): literal.tensor
            }
        }

        /// The tensor that is packed.
        var packed: Tensor? {
            guard let packing else { return nil }
            guard let view = try? tensor.reshaped(packing.shape) else {
                preconditionFailure("a whole constant is packed, under any shape")
            }
            return view
        }
    }

    typealias Step = KernelStep<Storage>

    /// Working memory.
    struct Buffer: Sendable, Hashable {
        var byteCount: Int
        var backendIndex: Int
    }

    /// A range of working memory, shared by values whose lives don't overlap.
    struct Slot: Sendable, Hashable {
        var buffer: Int
        var byteOffset: Int
    }

    /// The most bytes that are alive at once.
    struct LiveSet: Sendable, Hashable {
        var byteCount: Int
        /// Where that is; nil in a plan without values of its own.
        var node: String?
    }

    struct Output: Sendable {
        var name: String
        var storage: Storage
        var backendIndex: Int
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
    let buffers: [Buffer]
    let liveSet: LiveSet
    /// Of the graph's constants those that passes made, in bytes.
    let derivedByteCount: Int
    /// The predicted times of its placement; nil where nothing was placed by cost.
    public let forecast: PlacementForecast?

    init(
        _ placed: PlacedGraph, steps: [Step], outputs: [Output], stateUpdates: [(state: Int, slot: Int)],
        slots: [Slot], buffers: [Buffer], liveSet: LiveSet
    ) {
        graph = placed.graph
        symbols = placed.symbols
        derivedByteCount = placed.derivedByteCount
        forecast = placed.forecast
        self.steps = steps
        self.outputs = outputs
        self.stateUpdates = stateUpdates
        self.slots = slots
        self.buffers = buffers
        self.liveSet = liveSet
    }

    /// Every kernel in the order in which they run.
    public var placements: [Placement] { steps.map(\.placement) }

    /// Bytes of the values between nodes; weights and inputs are not among them.
    public var workingByteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }
}

/// Why a graph can't run on a backend.
@nonexhaustive
public enum PlanError: Error, Sendable, Hashable {
    case graph(GraphError)
    /// No kernel, and no parts to open.
    case unsupported(node: String, operation: String, backend: String, reason: String)
    /// The backend gave neither a kernel nor a valid refusal (``UnsupportedOperation/isFault``), so no fallback is tried.
    case faulty(node: String, operation: String, backend: String, reason: String)
    /// More memory than the device has.
    case tooLarge(backend: String, needed: MemoryReport, byteCount: Int)
}

extension PlanError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .graph(let error): error.description
        case .unsupported(let node, let operation, let backend, let reason):
            "node \"\(node)\": the backend \(backend) can't run \(operation): \(reason)"
        case .faulty(let node, let operation, let backend, let reason):
            "node \"\(node)\": the backend \(backend) is at fault when asked for \(operation): \(reason); no fallback is tried, since this is not a refusal"
        case .tooLarge(let backend, let needed, let byteCount):
            "the plan does not fit \(backend): it needs \(needed), the device has \(byteCount) bytes (by its memory, or by what the system allows this process)"
        }
    }
}
