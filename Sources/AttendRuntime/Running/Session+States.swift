import AttendBackend
public import AttendGraph

/// Reading and setting states: saved prompts, beams, copies of a conversation.
extension Session {
    /// The current value of a state. O(elements), copied from the device.
    ///
    /// - Throws: ``RunError`` for an unknown state, and for one without a size because the session has not run and the
    ///   state was not set.
    public func state(_ name: String) throws(RunError) -> Tensor {
        let index = try stateIndex(name)
        guard !states.isEmpty else {
            if let tensor = initialStates[name] { return tensor }
            throw .graph(.size(name: name, reason: "the state has no size before the first run; run or set it first"))
        }
        do throws(BackendError) {
            let tensor = try streams[0].copyOut(
                states[index], dtype: stateTypes[index].dtype, shape: stateTypes[index].concreteShape ?? [])
            try streams[0].synchronize()
            return tensor
        } catch {
            throw .backend(error, node: nil)
        }
    }

    /// Sets a state. O(elements), copied to the device. Before the first run, the value also gives the sizes of the
    /// symbols that the session was given, such as a cache capacity.
    ///
    /// - Throws: ``RunError`` for an unknown state, and for a tensor of another type than the state's.
    public func setState(_ name: String, to tensor: Tensor) throws(RunError) {
        let index = try stateIndex(name)
        guard !states.isEmpty else {
            let type = program.graph.type(of: program.graph.states[index].value)
            guard type.dtype == tensor.dtype, type.rank == tensor.shape.count else {
                throw mismatch(name, type, tensor)
            }
            for (size, found) in zip(type.shape, tensor.shape) {
                if let number = size.constant, number != found { throw mismatch(name, type, tensor) }
                if let symbol = size.bareSymbol, symbols[symbol] != nil { symbols[symbol] = found }
            }
            initialStates[name] = tensor
            return
        }
        try requireType(stateTypes[index], of: tensor, for: name)
        do throws(BackendError) {
            try streams[0].copyIn(tensor, to: states[index])
            try streams[0].synchronize()
        } catch {
            throw .backend(error, node: nil)
        }
    }

    /// All states by name. O(elements).
    ///
    /// - Throws: As ``state(_:)``.
    public func allStates() throws(RunError) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for state in program.graph.states { tensors[state.name] = try self.state(state.name) }
        return tensors
    }

    /// Forgets all states: they are zeros, of new sizes, at the next run. A session whose states became undefined can be
    /// used again, unless the device was lost. O(1).
    public func reset() {
        (states, stateTypes, stateSymbols, initialStates) = ([], [], [:], [:])
        forgetBindings()
        if case .deviceLost? = failure { return }
        failure = nil
    }

    /// A session of the same program with copies of the states. O(elements of the states), copied through the host.
    ///
    /// - Throws: ``RunError`` of the device.
    public func clone() throws(RunError) -> Session {
        let other = try program.makeSession(symbols: symbols)
        for state in program.graph.states where !states.isEmpty || initialStates[state.name] != nil {
            try other.setState(state.name, to: self.state(state.name))
        }
        return other
    }

    /// Writes all states to a safetensors file, under their names. O(bytes).
    ///
    /// - Throws: ``RunError``, and ``AttendGraph/SafetensorsError`` for a file that can't be written; an existing file is
    ///   replaced only by a complete one.
    public func saveStates(to path: String) throws {
        try SafetensorsFile.write(try allStates(), to: path)
    }

    /// Sets all states from a file of ``saveStates(to:)``. O(bytes).
    ///
    /// - Throws: ``AttendGraph/SafetensorsError`` for a file that can't be read, or lacks a state; ``RunError`` for
    ///   another type. States are then unchanged, or undefined if the device fails.
    public func loadStates(from path: String) throws {
        let file = try SafetensorsFile(path)
        let names = program.graph.states.map(\.name)
        let tensors = try names.map { try file.tensor(named: $0) }
        if !states.isEmpty {
            for (index, tensor) in tensors.enumerated() {
                try requireType(stateTypes[index], of: tensor, for: names[index])
            }
        }
        for (name, tensor) in zip(names, tensors) { try setState(name, to: tensor) }
    }

    private func stateIndex(_ name: String) throws(RunError) -> Int {
        if let index = program.graph.states.firstIndex(where: { $0.name == name }) { return index }
        let known = program.graph.states.map(\.name)
        throw .graph(
            .type(
                name: name, expected: known.isEmpty ? "no state: the graph has none" : "one of the states \(known)",
                found: "an unknown name\(Nearest.hint(for: name, among: known))"))
    }

    func requireType(_ type: TensorType, of tensor: Tensor, for name: String) throws(RunError) {
        guard type.dtype == tensor.dtype, type.concreteShape == tensor.shape else {
            throw mismatch(name, type, tensor)
        }
    }

    private func mismatch(_ name: String, _ type: TensorType, _ tensor: Tensor) -> RunError {
        .graph(.type(name: name, expected: "a state of type \(type)", found: "\(tensor.dtype)\(tensor.shape)"))
    }
}
