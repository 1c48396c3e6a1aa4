import AttendBackend
import AttendGraph

extension Session {
    /// Grows a symbol that no input determines, such as a cache capacity, to at least `count`. The symbol doubles until
    /// it suffices, so that n steps need at most ⌈log₂ n⌉ new plans.
    ///
    /// State contents stay at the lowest indices; new elements are zero. O(1) if the capacity suffices, else as
    /// ``grow(_:)``.
    ///
    /// - Returns: The new capacity.
    /// - Throws: ``RunError`` for a symbol not passed to the session, and when the device has no room; states are
    ///   unchanged then.
    @discardableResult
    public func reserve(_ symbol: String, atLeast count: Int) throws(RunError) -> Int {
        guard var capacity = symbols[symbol] else { throw unknown(symbol) }
        guard capacity < count else { return capacity }
        while capacity < count {
            let (doubled, isTooLarge) = max(capacity, 1).multipliedReportingOverflow(by: 2)
            capacity = isTooLarge ? count : doubled
        }
        try grow([symbol: capacity])
        return capacity
    }

    /// Sets new values of symbols, and resizes the states accordingly. O(elements of the states), which are copied
    /// through the host.
    ///
    /// - Throws: ``RunError`` for a symbol not passed to the session, for a state that would lose elements, and when
    ///   the device has no room. Nothing is changed then.
    public func grow(_ changes: [String: Int]) throws(RunError) {
        for symbol in changes.keys.sorted() where symbols[symbol] == nil { throw unknown(symbol) }
        var (types, grown) = ([TensorType](), [BufferSlice]())
        for (index, state) in program.graph.states.enumerated() where !states.isEmpty {
            let (old, type) = (stateTypes[index], try grownType(of: state, changes))
            let shapes = (old.concreteShape ?? [], type.concreteShape ?? [])
            guard zip(shapes.0, shapes.1).allSatisfy({ $0 <= $1 }) else {
                throw .graph(
                    .type(name: state.name, expected: "a state of at least type \(old)", found: "\(type)"))
            }
            types.append(type)
            do throws(BackendError) {
                grown.append(type == old ? states[index] : try copy(states[index], old, to: type))
            } catch {
                throw .backend(error, node: nil)
            }
        }
        let pending = try grownPending(changes)
        symbols.merge(changes) { $1 }
        guard !states.isEmpty else {
            initialStates = pending
            return
        }
        stateSymbols.merge(changes) { $1 }
        (states, stateTypes) = (grown, types)
        forgetBindings()
    }

    /// The states that are set before the first run, in their new sizes.
    private func grownPending(_ changes: [String: Int]) throws(RunError) -> [String: Tensor] {
        var pending = initialStates
        for state in program.graph.states {
            guard let tensor = pending[state.name] else { continue }
            let sizes = program.graph.type(of: state.value).shape
            let shape = zip(sizes, tensor.shape).map { size, count in size.bareSymbol.flatMap { changes[$0] } ?? count }
            guard zip(tensor.shape, shape).allSatisfy({ $0 <= $1 }) else {
                throw .graph(
                    .type(
                        name: state.name, expected: "a state of at least shape \(tensor.shape)", found: "\(shape)"))
            }
            if shape != tensor.shape { pending[state.name] = tensor.enlarged(to: shape) }
        }
        return pending
    }

    /// The error for a symbol not passed to the session.
    private func unknown(_ symbol: String) -> RunError {
        let known = symbols.keys.sorted()
        return .graph(.unknownSymbol(symbol, hint: Nearest.hint(for: symbol, among: known), known: known))
    }

    private func grownType(of state: Graph.State, _ changes: [String: Int]) throws(RunError) -> TensorType {
        do {
            return try program.graph.type(of: state.value).bound(to: stateSymbols.merging(changes) { $1 })
        } catch {
            throw .graph(.size(name: state.name, reason: error.description))
        }
    }

    private func copy(
        _ state: BufferSlice, _ old: TensorType, to type: TensorType
    ) throws(BackendError) -> BufferSlice {
        let (shape, wide) = (old.concreteShape ?? [], type.concreteShape ?? [])
        let made = try makeState(type)
        let tensor = try streams[0].copyOut(state, dtype: old.dtype, shape: shape)
        try streams[0].copyIn(tensor.enlarged(to: wide), to: made)
        try streams[0].synchronize()
        return made
    }
}

extension Tensor {
    /// The tensor at the lowest indices of a larger one, whose other elements are zero.
    fileprivate func enlarged(to wide: [Int]) -> Tensor {
        // Offsets of the old elements in the larger value.
        let offsets = Layout(shape: shape, strides: Layout.denseStrides(of: wide)).elementOffsets
        guard var storage = try? Tensor(zeros: wide, dtype: dtype).storage else {
            preconditionFailure("a state's shape must be valid: \(wide)")
        }
        storage.put(self.storage, at: offsets)
        guard let larger = try? Tensor(storage: storage, shape: wide) else {
            preconditionFailure("the element count must not change")
        }
        return larger
    }
}

extension Tensor.Storage {
    /// Writes elements of the same type at these offsets.
    fileprivate mutating func put(_ other: Tensor.Storage, at offsets: [Int]) {
        func scattered<Element>(_ elements: [Element], _ others: [Element]) -> [Element] {
            var elements = elements
            for (offset, element) in zip(offsets, others) { elements[offset] = element }
            return elements
        }
        switch (self, other) {
        case (.float32(let mine), .float32(let others)): self = .float32(scattered(mine, others))
        case (.float16(let mine), .float16(let others)): self = .float16(scattered(mine, others))
        case (.bfloat16(let mine), .bfloat16(let others)): self = .bfloat16(scattered(mine, others))
        case (.int32(let mine), .int32(let others)): self = .int32(scattered(mine, others))
        case (.int64(let mine), .int64(let others)): self = .int64(scattered(mine, others))
        case (.bool(let mine), .bool(let others)): self = .bool(scattered(mine, others))
        default: preconditionFailure("a state keeps its dtype")
        }
    }
}
