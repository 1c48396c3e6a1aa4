import AttendBackend
import AttendGraph

extension Planner {
    /// The path of a node and the refusals that led to it.
    struct Site {
        /// Path of the graph's node and the composites opened below it, such as `head/attention_1/matmul_1`.
        var path: String
        /// Reasons for opening the composites on the path.
        var refusals: [String]

        func within(_ refusal: String) -> Site { Site(path: path, refusals: refusals + [refusal]) }
    }

    /// Emits one node: a view, a kernel, or the parts of a composite. `outputs` is nil for unused outputs.
    mutating func emit(
        _ operation: Operation, _ inputs: [Planned?], _ outputs: [TensorType?], _ site: Site
    ) throws(PlanError) -> [Planned?] {
        if let type = outputs.first ?? nil, let view = try view(operation, inputs, type, site) { return [view] }
        let request = request(operation, inputs, outputs)
        switch offer(request, to: primary) {
        case .success(let kernel):
            return try emit(kernel, at: primary, operation, inputs, outputs, site, reason: reasonToLead(request))
        case .failure(let refusal):
            try requireHonest(refusal, request, primary, site)
            if UpdateByRow.splits(operation, inputs) {
                let reason = "\(operation.versionedName): \(refusal.reason)"
                return try open(UpdateByRow(), operation.attributes, inputs, outputs, site.within(reason))
            }
            if backends.count > 1 { return try fallBack(refusal, request, inputs, outputs, site) }
            let name = operation.versionedName
            guard operation.primitive == nil, let composite = composites[name] else {
                throw .unsupported(
                    node: site.path, operation: name, backend: named(primary), reason: refusal.reason)
            }
            return try open(composite, operation.attributes, inputs, outputs, site.within("\(name): \(refusal.reason)"))
        }
    }

    /// The reason why another backend than backend 0 is the node's primary; nil if backend 0 is.
    private func reasonToLead(_ request: KernelRequest) -> String? {
        guard primary != 0 else { return nil }
        if request.operation.primitive != nil, case .failure(let refusal) = offer(request, to: 0) {
            return "falls back to \(named(primary)), as \(named(0)) can't: \(refusal.reason)"
        }
        return "lower predicted time on \(named(primary))"
    }

    /// Throws for an invalid refusal, even if a fallback could run the node.
    func requireHonest(
        _ refusal: UnsupportedOperation, _ request: KernelRequest, _ backendIndex: Int, _ site: Site
    ) throws(PlanError) {
        guard refusal.isFault else { return }
        throw .faulty(
            node: site.path, operation: request.operation.versionedName, backend: named(backendIndex),
            reason: refusal.reason)
    }

    func offer(_ request: KernelRequest, to backendIndex: Int) -> Result<any Kernel, UnsupportedOperation> {
        do throws(UnsupportedOperation) {
            return .success(try backends[backendIndex].prepare(request))
        } catch {
            return .failure(error)
        }
    }

    private func request(_ operation: Operation, _ inputs: [Planned?], _ outputs: [TensorType?]) -> KernelRequest {
        KernelRequest(
            operation: operation,
            inputs: inputs.map { $0.map(operand) },
            outputs: outputs.map { $0.map { Operand(dtype: $0.dtype, layout: Layout(dense: concrete($0))) } },
            composite: operation.primitive == nil ? composites.own[operation.versionedName]?.schema : nil)
    }

    func operand(_ value: Planned) -> Operand {
        Operand(dtype: value.dtype, layout: value.layout, isConstant: value.isWholeConstant)
    }

    /// Emits a composite's parts in its place.
    mutating func open(
        _ composite: any CompositeOperation, _ attributes: Attributes, _ inputs: [Planned?], _ outputs: [TensorType?],
        _ site: Site
    ) throws(PlanError) -> [Planned?] {
        let wanted = Set(zip(composite.schema.outputs, outputs).compactMap { $1 == nil ? nil : $0 })
        let parts: Graph
        do throws(GraphError) {
            parts = try composite.opened(
                inputs: inputs.map { $0.map { TensorType($0.dtype, $0.layout.shape) } }, attributes: attributes,
                wanted: wanted, knowing: composites)
        } catch {
            throw .graph(error)
        }
        note(parts.composites)
        let sources = Dictionary(uniqueKeysWithValues: zip(parts.inputs, inputs.compactMap(\.self)))
        let values = try emit(parts, sources, wanted: parts.outputs.map(\.value), site: site, literals: true)
        let made = Dictionary(parts.outputs.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return composite.schema.outputs.map { name in made[name].map { known(values, $0) } }
    }

    /// Adds a step that runs the kernel, after the copies that bring its inputs there and make them dense.
    mutating func emit(
        _ kernel: any Kernel, at backendIndex: Int, _ operation: Operation, _ inputs: [Planned?],
        _ outputs: [TensorType?],
        _ site: Site,
        reason: String? = nil, isCopy: Bool = false
    ) throws(PlanError) -> [Planned?] {
        let strided = kernel.stridedInputs
        var memories: [Memory?] = []
        var ready: [Planned?] = []
        for (index, input) in inputs.enumerated() {
            guard var input else {
                memories.append(nil)
                ready.append(nil)
                continue
            }
            input =
                try strided.contains(index)
                ? moved(input, to: backendIndex, site) : dense(input, at: backendIndex, site)
            if case .constant(let placed) = input.memory, input.isWholeConstant,
                let layout = kernel.packing(ofInput: index)
            {
                let packing = Plan.PlacedConstant.Packing(layout: layout, shape: input.layout.shape)
                memories.append(
                    .constant(Plan.PlacedConstant(origin: placed.origin, packing: packing, backendIndex: backendIndex)))
            } else {
                memories.append(input.memory)
            }
            ready.append(input)
        }
        let results = outputs.map { $0.map { temporary($0, at: backendIndex) } }
        try requireCountable(results, site)
        let overwritable = kernel.overwritableInputs.sorted().compactMap { index -> Memory? in
            guard let input = ready[index], let output = results[0], input.memory.isWorking,
                input.dtype == output.dtype, input.layout.isDense,
                input.layout.elementCount == output.layout.elementCount,
                input.memoryCount == output.memoryCount
            else { return nil }
            return input.memory
        }
        let reasons = site.refusals + (reason.map { [$0] } ?? [])
        let placement = Plan.Placement(
            node: site.path, operation: operation.versionedName, backend: named(backendIndex), kernel: kernel.name,
            reason: reasons.isEmpty ? nil : reasons.joined(separator: "; "), cost: kernel.cost)
        steps.append(
            Step(
                kernelStep: KernelStep(
                    placement: placement, kernel: kernel, request: request(operation, ready, outputs),
                    backendIndex: backendIndex, inputs: memories, outputs: results.map { $0?.memory }),
                isCopy: isCopy, node: node, overwritable: overwritable))
        return results
    }

    /// Throws if the values of all nodes together have 2⁶⁰ bytes or more, beyond which sums overflow.
    private mutating func requireCountable(_ results: [Planned?], _ site: Site) throws(PlanError) {
        for case .temporary(let id)? in results.map({ $0?.memory }) {
            let (total, overflow) = byteCount.addingReportingOverflow(temporaries[id].byteCount)
            guard !overflow, total < 1 << 60 else {
                throw .graph(
                    .size(name: site.path, reason: "the values up to this node exceed 2⁶⁰ bytes"))
            }
            byteCount = total
        }
    }

    /// A new temporary for a value of this type.
    private mutating func temporary(_ type: TensorType, at backendIndex: Int) -> Planned {
        let layout = Layout(dense: concrete(type))
        let byteCount = layout.elementCount * backends[backendIndex].storageByteCount(of: type.dtype)
        temporaries.append(Temporary(byteCount: byteCount, backendIndex: backendIndex))
        return Planned(
            memory: .temporary(temporaries.count - 1), dtype: type.dtype, layout: layout,
            memoryCount: layout.elementCount)
    }
}
