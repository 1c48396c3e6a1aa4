/// The memory of states' new values.
public enum StateMemory: Sendable, Hashable {
    /// A buffer of its own, exchanged with the state's after the run: a run that fails changes no state.
    case exchanged
    /// The state's buffer, where the kernel permits it and nothing reads the old value afterwards: a key/value cache is
    /// neither copied nor held twice. After a run that fails, states are undefined: the session rethrows until
    /// ``Session/reset()``.
    case inPlace
}

extension Planner.Memory {
    /// Whether kernels may write to it: a temporary, or a state.
    var isWorking: Bool {
        switch self {
        case .temporary, .state: true
        case .input, .constant: false
        }
    }
}

extension Planner {
    /// The new values of states that can be written into the state's buffer: by the state of each temporary.
    ///
    /// The step that makes the value must be the last reader of the old one, and may read it once.
    func updatedInPlace(
        _ updates: [(state: Int, temporary: Int)], _ outputs: [Planned]
    ) -> [Int: Int] {
        var found: [Int: Int] = [:]
        var lastReader: [Int: Int] = [:]
        var makers: [Int: Int] = [:]
        for (index, step) in steps.enumerated() {
            for case .state(let state)? in step.inputs { lastReader[state] = index }
            if case .temporary(let id)?? = step.outputs.first { makers[id] = index }
        }
        for case .state(let state) in outputs.map(\.memory) { lastReader[state] = .max }
        for (state, temporary) in updates {
            guard let maker = makers[temporary], lastReader[state] == maker, steps[maker].backendIndex == 0,
                steps[maker].overwritable.contains(.state(state)),
                steps[maker].inputs.count(where: { $0 == .state(state) }) == 1
            else { continue }
            found[temporary] = state
        }
        return found
    }
}
