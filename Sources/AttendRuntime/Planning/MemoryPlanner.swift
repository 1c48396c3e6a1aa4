import AttendBackend
import AttendGraph

/// Assigns memory to temporaries.
///
/// A value is alive from the step that writes it to the last step that reads it. An operation that works in place
/// reuses the memory of an input whose last reader it is; the two then share one ``MemoryPlanner/Life``.
struct MemoryPlanner {
    let steps: [Planner.Step]
    let temporaries: [Planner.Temporary]
    /// Temporaries that become a state's value; each gets an unshared buffer of its exact size.
    let updates: [(state: Int, temporary: Int)]
    /// The states whose buffers these temporaries are written into.
    var inPlace: [Int: Int] = [:]
    let policy: MemoryPolicy

    /// A block of memory and the range of steps, first and last included, during which it is in use.
    struct Life {
        var byteCount: Int
        var backendIndex: Int
        var first: Int
        var last: Int
        /// Not shared, because it becomes a state's buffer.
        var isExclusive: Bool

        func overlaps(_ other: Life) -> Bool { first <= other.last && other.first <= last }
    }

    /// - Parameters:
    ///   - bufferLimits: The largest buffer in bytes, by backend.
    ///   - backendIndex: The backend that owns a piece of memory.
    func plan(
        _ placed: PlacedGraph, outputs: [(Graph.Output, Planner.Planned)], bufferLimits: [Int],
        backendIndex: (Planner.Memory) -> Int
    ) -> Plan {
        let (lives, lifeOf) = lives(outputs)
        var assignment = SlotAssignment()
        for (index, life) in lives.enumerated() where life.isExclusive { assignment.addBuffer(for: life, index) }
        let shared = lives.indices.filter { !lives[$0].isExclusive }
        switch policy {
        case .arena:
            for backendIndex in bufferLimits.indices {
                let here = shared.filter { lives[$0].backendIndex == backendIndex }
                ArenaPlanner(lives: lives, limit: bufferLimits[backendIndex]).assign(
                    here, to: &assignment, backendIndex: backendIndex)
            }
        case .buffers: BufferReuse(lives: lives).assign(shared, to: &assignment)
        }

        func storage(_ memory: Planner.Memory) -> Plan.Storage {
            switch memory {
            case .input(let index, let backendIndex): .input(index, backendIndex: backendIndex)
            case .constant(let placed): .constant(placed)
            case .state(let index): .state(index)
            case .temporary(let id): inPlace[id].map { .state($0) } ?? .slot(lifeOf[id])
            }
        }
        return Plan(
            placed,
            steps: steps.map { $0.kernelStep.mapMemory(storage) },
            outputs: outputs.map {
                Plan.Output(
                    name: $0.name, storage: storage($1.memory), backendIndex: backendIndex($1.memory), dtype: $1.dtype,
                    shape: $1.layout.shape)
            },
            stateUpdates: updates.filter { inPlace[$0.temporary] == nil }.map { ($0.state, lifeOf[$0.temporary]) },
            hasUpdatesInPlace: !inPlace.isEmpty,
            slots: lives.indices.map { assignment.slots[$0] ?? Plan.Slot(buffer: 0, byteOffset: 0) },
            buffers: assignment.buffers, liveSet: liveSet(lives.filter { !$0.isExclusive }))
    }

    /// The lives, and for each temporary the index of its life.
    private func lives(_ outputs: [(Graph.Output, Planner.Planned)]) -> (lives: [Life], lifeOf: [Int]) {
        var lastUse = Array(repeating: 0, count: temporaries.count)
        for (index, step) in steps.enumerated() {
            for case .temporary(let id)? in step.inputs + step.outputs { lastUse[id] = index }
        }
        for (_, value) in outputs { if case .temporary(let id) = value.memory { lastUse[id] = .max } }
        for update in updates { lastUse[update.temporary] = .max }
        let exclusive = Set(updates.map(\.temporary))
        var (lives, lifeOf) = ([Life](), Array(repeating: -1, count: temporaries.count))
        for (index, step) in steps.enumerated() {
            for (position, output) in step.outputs.enumerated() {
                guard case .temporary(let id)? = output, inPlace[id] == nil else { continue }
                if position == 0, !exclusive.contains(id), let heir = inherited(step, index, lastUse, exclusive) {
                    lifeOf[id] = lifeOf[heir]
                    lives[lifeOf[id]].last = lastUse[id]
                    continue
                }
                lifeOf[id] = lives.count
                lives.append(
                    Life(
                        byteCount: temporaries[id].byteCount, backendIndex: temporaries[id].backendIndex, first: index,
                        last: lastUse[id], isExclusive: exclusive.contains(id)))
            }
        }
        return (lives, lifeOf)
    }

    /// An input whose memory the step's output may reuse, because this step is its last reader.
    private func inherited(_ step: Planner.Step, _ index: Int, _ lastUse: [Int], _ exclusive: Set<Int>) -> Int? {
        guard !step.overwritable.isEmpty else { return nil }
        // An input read twice by this step may be read after being overwritten.
        var uses: [Int: Int] = [:]
        for case .temporary(let id)? in step.inputs { uses[id, default: 0] += 1 }
        for case .temporary(let id) in step.overwritable
        where lastUse[id] == index && !exclusive.contains(id) && uses[id] == 1 {
            return id
        }
        return nil
    }

    /// The step with the most bytes alive: a lower bound for every plan with these steps.
    private func liveSet(_ lives: [Life]) -> Plan.LiveSet {
        var changes = Array(repeating: 0, count: steps.count + 1)
        for life in lives {
            changes[life.first] += life.byteCount
            if life.last < steps.count { changes[life.last + 1] -= life.byteCount }
        }
        var (current, largest) = (0, Plan.LiveSet(byteCount: 0, node: nil))
        for (index, change) in changes.dropLast().enumerated() {
            current += change
            if current > largest.byteCount {
                largest = Plan.LiveSet(byteCount: current, node: steps[index].placement.node)
            }
        }
        return largest
    }
}

/// Memory sharing between the values of a plan.
public enum MemoryPolicy: Sendable, Hashable {
    /// One buffer per backend, each value at an offset: the smallest footprint. Split into several where the device
    /// limits buffer sizes.
    case arena
    /// Whole buffers, reused by one value after another, each at offset 0, so that a write beyond a value's end leaves
    /// the buffer: for tests of backends.
    case buffers
}

/// The buffers of a plan, and the slot of each life.
struct SlotAssignment {
    var buffers: [Plan.Buffer] = []
    var slots: [Int: Plan.Slot] = [:]

    @discardableResult
    mutating func addBuffer(for life: MemoryPlanner.Life, _ index: Int) -> Int {
        buffers.append(Plan.Buffer(byteCount: life.byteCount, backendIndex: life.backendIndex))
        slots[index] = Plan.Slot(buffer: buffers.count - 1, byteOffset: 0)
        return buffers.count - 1
    }
}
