public import AttendBackend
public import AttendGraph

/// A graph compiled for one binding of its symbols, on one backend and its fallbacks: kernels in order, and the memory
/// of each value. Immutable, shared by all sessions.
///
/// A `backendIndex` is an index of ``Program/backends``: the backend whose memory holds a value. 0 is the primary
/// backend, the one passed as `on:`.
public final class Plan: Sendable {
    /// The memory class of a value.
    enum Storage: Sendable, Hashable {
        /// The host copies an input to every backend that reads it.
        case input(Int, backendIndex: Int)
        case constant(PlacedConstant)
        /// A state, always in the memory of backend 0.
        case state(Int)
        /// Session memory, shared by values whose lives don't overlap.
        case slot(Int)
    }

    /// A constant in one layout on one device.
    struct PlacedConstant: Sendable, Hashable {
        enum Origin: Sendable, Hashable {
            case graph(TensorIdentity)
            /// A constant inside of an opened composite.
            case literal(BitwiseTensor)
        }
        /// A backend-specific layout of a constant.
        struct Packing: Sendable, Hashable {
            var layout: String
            /// The shape in the kernel's request: reshaping a constant changes the matrix that is packed.
            var shape: [Int]
        }
        var origin: Origin
        /// Nil for dense row-major elements.
        var packing: Packing?
        var backendIndex: Int

        var content: ConstantTensor {
            switch origin {
            case .graph(let identity): identity.content
            case .literal(let literal): .held(literal.tensor)
            }
        }

        /// The constant under its packed shape, or under its own without packing.
        func tensor() throws(ConstantError) -> Tensor {
            let tensor = try content.tensor()
            guard let packing else { return tensor }
            guard let view = try? tensor.reshaped(packing.shape) else {
                preconditionFailure("only a whole constant can be packed")
            }
            return view
        }
    }

    typealias Step = KernelStep<Storage>

    /// A buffer of working memory.
    struct Buffer: Sendable, Hashable {
        var byteCount: Int
        var backendIndex: Int
    }

    /// A range of working memory, shared by values whose lives don't overlap.
    struct Slot: Sendable, Hashable {
        var buffer: Int
        var byteOffset: Int
    }

    /// The largest number of bytes alive at once.
    struct LiveSet: Sendable, Hashable {
        var byteCount: Int
        /// The node at which the maximum occurs; nil in a plan without values between nodes.
        var node: String?
    }

    struct Output: Sendable {
        var name: String
        var storage: Storage
        var backendIndex: Int
        var dtype: DType
        var shape: [Int]
    }

    /// One kernel of a plan: node, backend, kernel, cost and reason.
    public struct Placement: Sendable, Hashable {
        /// Path of the graph's node and the composites opened below it, such as `head/attention/matmul`.
        public var node: String
        /// The operation with its version, such as `matmul.v1`, or `copy` for a copy between backends.
        public var operation: String
        /// Name of the backend that runs the kernel.
        public var backend: String
        /// The kernel's name.
        public var kernel: String
        /// The reason for this placement: the refusals that led here, a fallback to another backend, or the purpose of
        /// a step added by the host; nil if the backend took the node as it is.
        public var reason: String?
        /// The kernel's estimated work.
        public var cost: KernelCost
        /// For a copy between backends, the backend that holds the value (`cost.bytes` is the amount copied, and
        /// `operation` is `copy`); nil otherwise.
        public var source: String?
    }

    /// The values of the graph's symbols in this plan.
    public let symbols: [String: Int]
    /// The planned graph, with its symbols bound.
    package let graph: Graph
    let steps: [Step]
    let outputs: [Output]
    /// After a run, each such state swaps its buffer with the slot's.
    let stateUpdates: [(state: Int, slot: Int)]
    /// Whether a run writes to states before it ends.
    let hasUpdatesInPlace: Bool
    let slots: [Slot]
    let buffers: [Buffer]
    let liveSet: LiveSet
    /// Bytes of constants made by passes.
    let derivedByteCount: Int
    /// Predicted times of the placement; nil unless placed by cost.
    public let forecast: PlacementForecast?

    init(
        _ placed: PlacedGraph, steps: [Step], outputs: [Output], stateUpdates: [(state: Int, slot: Int)],
        hasUpdatesInPlace: Bool, slots: [Slot], buffers: [Buffer], liveSet: LiveSet
    ) {
        graph = placed.graph
        symbols = placed.symbols
        derivedByteCount = placed.derivedByteCount
        forecast = placed.forecast
        self.steps = steps
        self.outputs = outputs
        self.stateUpdates = stateUpdates
        self.hasUpdatesInPlace = hasUpdatesInPlace
        self.slots = slots
        self.buffers = buffers
        self.liveSet = liveSet
    }

    /// All kernels in execution order. O(steps).
    public var placements: [Placement] { steps.map(\.placement) }

    /// Bytes of the buffers for values between nodes and new state values, without weights and inputs. O(buffers).
    public var workingByteCount: Int { buffers.reduce(0) { $0 + $1.byteCount } }
}

/// The reason why a graph can't be planned.
@nonexhaustive
public enum PlanError: Error, Sendable, Hashable {
    /// An invalid graph or symbol binding.
    case graph(GraphError)
    /// A node without a kernel that is not a composite that can be opened either.
    case unsupported(node: String, operation: String, backend: String, reason: String)
    /// The backend gave neither a kernel nor a valid refusal (``UnsupportedOperation/isFault``), so no fallback is
    /// tried.
    case faulty(node: String, operation: String, backend: String, reason: String)
    /// The plan needs more memory than the device has; `byteCount` is the device's memory in bytes.
    case tooLarge(backend: String, needed: MemoryReport, byteCount: Int)
}

extension PlanError: CustomStringConvertible {
    /// The message, naming the node or the backend.
    public var description: String {
        switch self {
        case .graph(let error): error.description
        case .unsupported(let node, let operation, let backend, let reason):
            "node \"\(node)\": the backend \(backend) can't run \(operation): \(reason)"
        case .faulty(let node, let operation, let backend, let reason):
            "node \"\(node)\": the backend \(backend) failed to prepare \(operation): \(reason); "
                + "no fallback is tried, since this is a fault, not an unsupported operation"
        case .tooLarge(let backend, let needed, let byteCount):
            "the plan does not fit \(backend): it needs \(needed), the device has \(byteCount) bytes "
                + "(its memory, or the memory limit of this process)"
        }
    }
}
