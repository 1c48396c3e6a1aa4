/// Gives temporaries their memory: a slot is used again once the value in it is dead, and an
/// operation that may work in place does.
struct MemoryPlanner {
    let steps: [Planner.Step]
    let temporaries: [Planner.Temporary]
    /// Temporaries that become a state's value; each gets a slot of its own, of its exact size.
    let updates: [(state: Int, temporary: Int)]

    private struct Slot {
        var byteCount: Int
        var home: Int
        var isExclusive: Bool
    }

    /// - Parameter home: Whose memory it is.
    func plan(
        graph: Graph, symbols: [String: Int], outputs: [(Graph.Output, Planner.Planned)],
        home: (Planner.Memory) -> Int
    ) -> Plan {
        var lastUse = Array(repeating: 0, count: temporaries.count)
        for (index, step) in steps.enumerated() {
            for case .temporary(let id)? in step.inputs + step.outputs { lastUse[id] = index }
        }
        for (_, value) in outputs { if case .temporary(let id) = value.memory { lastUse[id] = .max } }
        for update in updates { lastUse[update.temporary] = .max }
        let (slots, slotOf) = assign(lastUse)

        func storage(_ memory: Planner.Memory) -> Plan.Storage {
            switch memory {
            case .input(let index, let home): .input(index, home: home)
            case .constant(let place): .constant(place)
            case .state(let index): .state(index)
            case .temporary(let id): .slot(slotOf[id])
            }
        }
        return Plan(
            graph: graph, symbols: symbols,
            steps: steps.map {
                Plan.Step(
                    place: $0.place, kernel: $0.kernel, home: $0.home, inputs: $0.inputs.map { $0.map(storage) },
                    outputs: $0.outputs.map { $0.map(storage) })
            },
            outputs: outputs.map {
                Plan.Output(
                    name: $0.name, storage: storage($1.memory), home: home($1.memory), dtype: $1.dtype,
                    shape: $1.layout.shape)
            },
            stateUpdates: updates.map { ($0.state, slotOf[$0.temporary]) },
            slots: slots.map { Plan.Slot(byteCount: $0.byteCount, home: $0.home) })
    }

    /// Best fit over the free slots, in the steps' order.
    private func assign(_ lastUse: [Int]) -> (slots: [Slot], slotOf: [Int]) {
        let exclusive = Set(updates.map(\.temporary))
        var slots: [Slot] = []
        var slotOf = Array(repeating: -1, count: temporaries.count)
        var free: Set<Int> = []
        for (index, step) in steps.enumerated() {
            for (position, output) in step.outputs.enumerated() {
                guard case .temporary(let id)? = output else { continue }
                if position == 0, !exclusive.contains(id),
                    let heir = inherited(step, index, lastUse, exclusive)
                {
                    slotOf[id] = slotOf[heir]
                    continue
                }
                let fitting =
                    exclusive.contains(id)
                    ? nil
                    : best(
                        of: free.filter { slots[$0].home == temporaries[id].home }, slots,
                        for: temporaries[id].byteCount)
                if let fitting {
                    free.remove(fitting)
                    slots[fitting].byteCount = max(slots[fitting].byteCount, temporaries[id].byteCount)
                    slotOf[id] = fitting
                } else {
                    slots.append(
                        Slot(
                            byteCount: temporaries[id].byteCount, home: temporaries[id].home,
                            isExclusive: exclusive.contains(id)))
                    slotOf[id] = slots.count - 1
                }
            }
            // What this step was the last to touch is free from the next one on, unless its
            // slot lives on under the output's name.
            let kept = Set(step.outputs.compactMap { slot(of: $0, slotOf, ifUsedAfter: index, lastUse) })
            for case .temporary(let id)? in step.inputs + step.outputs where lastUse[id] == index {
                if !slots[slotOf[id]].isExclusive, !kept.contains(slotOf[id]) { free.insert(slotOf[id]) }
            }
        }
        return (slots, slotOf)
    }

    /// A dying input whose slot the step's output may take over.
    private func inherited(_ step: Planner.Step, _ index: Int, _ lastUse: [Int], _ exclusive: Set<Int>) -> Int? {
        for case .temporary(let id) in step.overwritable where lastUse[id] == index && !exclusive.contains(id) {
            // Read twice by this step, it may be read after it was overwritten.
            if step.inputs.filter({ $0 == .temporary(id) }).count == 1 { return id }
        }
        return nil
    }

    private func best(of free: Set<Int>, _ slots: [Slot], for byteCount: Int) -> Int? {
        let fitting = free.filter { slots[$0].byteCount >= byteCount }
            .min { (slots[$0].byteCount, $0) < (slots[$1].byteCount, $1) }
        // Nothing is large enough: let the largest grow.
        return fitting ?? free.max { (slots[$0].byteCount, $0) < (slots[$1].byteCount, $1) }
    }

    private func slot(
        of memory: Planner.Memory?, _ slotOf: [Int], ifUsedAfter index: Int, _ lastUse: [Int]
    ) -> Int? {
        guard case .temporary(let id)? = memory, lastUse[id] > index else { return nil }
        return slotOf[id]
    }
}
