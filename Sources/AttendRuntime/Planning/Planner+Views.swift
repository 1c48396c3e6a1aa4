import AttendBackend
import AttendGraph

extension Planner {
    /// The value as a view of its input, for an operation that only changes shape and strides. Costs nothing until a
    /// kernel needs the elements in order.
    mutating func view(
        _ operation: Operation, _ inputs: [Planned?], _ output: TensorType, _ site: Site
    ) throws(PlanError) -> Planned? {
        guard let primitive = operation.primitive, primitive.isView, inputs.count == 1, var input = inputs[0] else {
            return nil
        }
        if primitive == .stopGradient { return input }
        let shape = concrete(output)
        let layout: Layout
        if let view = input.layout.viewed(by: operation, as: shape) {
            layout = view
        } else {
            input = try denseAnywhere(input, site)
            layout = Layout(dense: shape)
        }
        var bound = operation
        if primitive == .reshape { bound.attributes["shape"] = .sizes(output.shape) }
        origins.append(Origin(operation: bound, base: input))
        return Planned(
            memory: input.memory, dtype: input.dtype, layout: layout, origin: origins.count - 1,
            memoryCount: input.memoryCount)
    }

    /// The value in row-major order from the start of its memory, made dense by the backend that holds it. Copied only
    /// where it is not dense already, and once for all readers.
    mutating func denseInPlace(_ value: Planned, _ site: Site) throws(PlanError) -> Planned {
        // Back along the views to the nearest one that is dense or can be copied in one step …
        var views: [Planned] = []
        var next = value
        var copy = try copyAtOnce(next, site)
        while copy == nil {
            guard let origin = next.origin else { preconditionFailure("only views can be strided") }
            views.append(next)
            next = moved(origins[origin].base, to: backendIndex(value.memory), site)
            copy = try copyAtOnce(next, site)
        }
        guard var result = copy else { preconditionFailure("the loop ends with a copy") }
        // … and forward again, running the views one after another, each on a dense input.
        for view in views.reversed() {
            guard let origin = view.origin else { preconditionFailure("only views are collected") }
            result = try run(origins[origin].operation, on: result, for: view, site)
            note(Copy(memory: view.memory, layout: view.layout), result)
        }
        return result
    }

    /// The value itself if it is dense, else an earlier copy, else a copy by a kernel that takes strides: a broadcast
    /// to its own shape. Nil if there is no such kernel.
    private mutating func copyAtOnce(_ value: Planned, _ site: Site) throws(PlanError) -> Planned? {
        if value.layout.isDense { return value }
        let key = Copy(memory: value.memory, layout: value.layout)
        if let made = copies[key] { return made }
        let type = TensorType(value.dtype, value.layout.shape)
        let copy = try copy(value, Operation(.broadcast, attributes: ["shape": .sizes(type.shape)]), type, site)
        if let copy { note(key, copy) }
        return copy
    }

    /// Runs the operation of a view on a dense input.
    private mutating func run(
        _ operation: Operation, on base: Planned, for view: Planned, _ site: Site
    ) throws(PlanError) -> Planned {
        if operation.primitive == .reshape {
            return Planned(
                memory: base.memory, dtype: base.dtype, layout: Layout(dense: view.layout.shape),
                memoryCount: base.memoryCount)
        }
        let type = TensorType(view.dtype, view.layout.shape)
        let backendIndex = backendIndex(base.memory)
        switch offer(request(operation, base, type), to: backendIndex) {
        case .success(let kernel):
            let result = try emit(
                kernel, at: backendIndex, operation, [base], [type], site, reason: copyReason(backendIndex),
                isCopy: true)
            guard let copy = result[0] else { preconditionFailure("a view has one output") }
            return copy
        case .failure(let refusal):
            throw refusal.isFault
                ? .faulty(
                    node: site.path, operation: operation.versionedName, backend: named(backendIndex),
                    reason: refusal.reason)
                : .unsupported(
                    node: site.path, operation: operation.versionedName, backend: named(backendIndex),
                    reason: refusal.reason)
        }
    }

    /// A single step that copies `value` whole, if the backend has a kernel that takes its strides.
    private mutating func copy(
        _ value: Planned, _ operation: Operation, _ type: TensorType, _ site: Site
    ) throws(PlanError) -> Planned? {
        let backendIndex = backendIndex(value.memory)
        let request = request(operation, value, type)
        let offered = offer(request, to: backendIndex)
        if case .failure(let refusal) = offered { try requireHonest(refusal, request, backendIndex, site) }
        guard case .success(let kernel) = offered, value.layout.isDense || kernel.stridedInputs.contains(0) else {
            return nil
        }
        return try emit(
            kernel, at: backendIndex, operation, [value], [type], site, reason: copyReason(backendIndex), isCopy: true)[
                0]
    }

    private func request(_ operation: Operation, _ input: Planned, _ type: TensorType) -> KernelRequest {
        KernelRequest(
            operation: operation, inputs: [operand(input)],
            outputs: [Operand(dtype: type.dtype, layout: Layout(dense: concrete(type)))])
    }

    /// A temporary on backend 0 that holds exactly this value, for a state to take over.
    mutating func owned(_ value: Planned, not taken: Set<Int>, for name: String) throws(PlanError) -> Int {
        let site = Site(path: name, refusals: [])
        let value = try dense(value, at: 0, site)
        if case .temporary(let index) = value.memory, !taken.contains(index),
            value.memoryCount == value.layout.elementCount
        {
            return index
        }
        let type = TensorType(value.dtype, value.layout.shape)
        let operation = Operation(.broadcast, attributes: ["shape": .sizes(type.shape)])
        for backendIndex in backends.indices {
            let there = moved(value, to: backendIndex, site)
            if let copy = try copy(there, operation, type, site),
                case .temporary(let index) = moved(copy, to: 0, site).memory
            {
                return index
            }
        }
        throw .unsupported(
            node: name, operation: operation.versionedName, backend: named(0),
            reason: "the state's new value needs a copy")
    }
}
