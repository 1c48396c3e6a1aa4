import AttendBackend
import AttendGraph
import Dispatch
import Synchronization

/// A program's constants on its devices: one copy per layout, shared by all plans, sessions and variants, and by
/// programs on the same backend that use the same tensor.
final class WeightStore: Sendable {
    private let devices: [DeviceConstants]
    private let constants = Mutex<[Plan.PlacedConstant: DeviceConstant]>([:])
    /// Constants made by passes, so that optimizing another variant of the graph reuses equal ones.
    private let derived = Mutex<Set<BitwiseTensor>>([])
    private let progress: (@Sendable (LoadingProgress) -> Void)?

    /// Deferred constants above this size are read one at a time: several would need much memory besides the devices'.
    private static let largeByteCount = 64 << 20
    /// Maximum number of constants read at once, on as many processors; reading is bound by memory and disk.
    private static let workerCount = 4

    init(_ backends: [any ComputeBackend], progress: (@Sendable (LoadingProgress) -> Void)?) {
        devices = backends.map(DeviceConstants.of)
        self.progress = progress
    }

    /// Bytes on the devices.
    var byteCount: Int { constants.withLock { $0.values.reduce(0) { $0 + $1.byteCount } } }

    /// The constant on the device, uploaded at the first call.
    ///
    /// - Parameter reader: The node that reads it, for errors.
    func buffer(of placed: Plan.PlacedConstant, for reader: String?) throws(RunError) -> any DeviceBuffer {
        do throws(RunError) {
            return try constant(placed).buffer()
        } catch {
            guard case .backend(let cause, nil) = error else { throw error }
            throw .backend(cause, node: reader)
        }
    }

    private func constant(_ placed: Plan.PlacedConstant) -> DeviceConstant {
        constants.withLock { known in
            if let constant = known[placed] { return constant }
            let constant = devices[placed.backendIndex].constant(placed)
            known[placed] = constant
            return constant
        }
    }

    /// Uploads deferred constants, several at a time, the largest first: then what is read beside the devices' memory
    /// is smaller than what is still to come.
    ///
    /// - Throws: The first error; constants after it may be missing.
    func upload(_ constants: [(placed: Plan.PlacedConstant, reader: String?)]) throws(RunError) {
        let wanted = constants.filter { placed, _ in
            if case .deferred = placed.content { !constant(placed).isUploaded } else { false }
        }.sorted { $0.placed.content.byteCount > $1.placed.content.byteCount }
        guard !wanted.isEmpty else { return }
        let total = wanted.reduce(0) { $0 + $1.placed.content.byteCount }
        let state = Mutex((next: 0, done: 0, failure: RunError?.none))
        let large = Mutex(())
        progress?(LoadingProgress(byteCount: 0, totalByteCount: total))
        DispatchQueue.concurrentPerform(iterations: min(WeightStore.workerCount, wanted.count)) { _ in
            while let (placed, reader) = state.withLock({ state -> (Plan.PlacedConstant, String?)? in
                guard state.failure == nil, state.next < wanted.count else { return nil }
                state.next += 1
                return wanted[state.next - 1]
            }) {
                do throws(RunError) {
                    if placed.content.byteCount > WeightStore.largeByteCount {
                        try large.withLock { _ throws(RunError) in _ = try buffer(of: placed, for: reader) }
                    } else {
                        _ = try buffer(of: placed, for: reader)
                    }
                    // Under the lock, so that the numbers of the calls grow.
                    state.withLock { state in
                        state.done += placed.content.byteCount
                        progress?(LoadingProgress(byteCount: state.done, totalByteCount: total))
                    }
                } catch {
                    state.withLock { if $0.failure == nil { $0.failure = error } }
                }
            }
        }
        if let failure = state.withLock(\.failure) { throw failure }
    }

    /// The graph with newly derived constants replaced by equal ones that an earlier variant derived or that another
    /// program has uploaded. Deferred ones are equal if they are derived from the same tensors.
    ///
    /// - Parameter source: The graph before passes; its constants are not replaced.
    func sharing(_ graph: Graph, given source: Graph) -> Graph {
        let given = Set(source.constants.map { TensorIdentity($0.content) })
        var graph = graph
        for (index, constant) in graph.constants.enumerated() where !given.contains(TensorIdentity(constant.content)) {
            guard case .held(let tensor) = constant.content else { continue }
            let literal = BitwiseTensor(tensor)
            let shared = derived.withLock { derived in
                let (isNew, member) = derived.insert(literal)
                guard isNew, let other = devices[0].constant(equalTo: literal) else { return member.tensor }
                derived.update(with: other)
                return other.tensor
            }
            graph.constants[index].content = .held(shared)
        }
        return graph
    }
}
