package import AttendRuntime

/// An audit of a backend's claims, independent of cases: the pairs of operation and dtype for which it prepares a
/// kernel.
///
/// A kernel for a pair without a case would never be checked. So every operation is offered on every dtype that its
/// type rules allow, in the shapes of a few of its cases.
package struct ClaimAudit {
    /// A pair of operation and dtype, named as in ``ParityReport/Claim``.
    package struct Pair: Sendable, Hashable, Codable {
        package var operation: String
        package var dtype: String
    }

    private let backend: any ComputeBackend

    package init(of backend: any ComputeBackend) { self.backend = backend }

    /// The claimed pairs, in the order of the operations.
    package func claims(of operations: [String]) -> [Pair] {
        operations.flatMap { operation -> [Pair] in
            let samples = ClaimAudit.samples(of: operation)
            return ClaimAudit.offers(of: operation).compactMap { offer in
                samples.contains { isTaken($0, offer) } ? offer.pair : nil
            }
        }
    }

    // MARK: Offers

    private struct Offer {
        var pair: Pair
        var dtype: DType
        /// The result type of a cast.
        var target: DType?
    }

    private static func offers(of operation: String) -> [Offer] {
        guard operation == Primitive.cast.rawValue else {
            return DType.allCases.map { Offer(pair: Pair(operation: operation, dtype: "\($0)"), dtype: $0) }
        }
        return DType.allCases.flatMap { from in
            DType.allCases.map { to in
                Offer(pair: Pair(operation: operation, dtype: "\(from) to \(to)"), dtype: from, target: to)
            }
        }
    }

    /// An operation's request from one of its cases with elements, and the dtype that it computes on.
    private struct Sample {
        var request: KernelRequest
        var dtype: DType
    }

    private static func samples(of operation: String) -> [Sample] {
        var samples: [Sample] = []
        for subject in (CaseCatalog.family(of: operation)?.grid(of: operation) ?? []) where samples.count < 4 {
            guard let graph = try? subject.build().graph,
                let node = graph.nodes.last(where: { $0.operation.name == operation })
            else { continue }
            func operand(_ id: Graph.ValueID) -> Operand {
                let type = graph.type(of: id)
                return Operand(dtype: type.dtype, layout: Layout(dense: type.concreteShape ?? []))
            }
            let request = KernelRequest(
                operation: node.operation, inputs: node.inputs.map { $0.map(operand) },
                outputs: node.outputs.map { operand($0) })
            let name = subject.settings["from"] ?? subject.settings["dtype"] ?? "float32"
            guard let dtype = DType(rawValue: name), request.outputs.allSatisfy({ $0?.elementCount ?? 1 > 0 }) else {
                continue
            }
            samples.append(Sample(request: request, dtype: dtype))
        }
        return samples
    }

    private func isTaken(_ sample: Sample, _ offer: Offer) -> Bool {
        var operation = sample.request.operation
        if let target = offer.target {
            operation.attributes["dtype"] = .dtype(target)
        } else if operation.attributes["dtype"] != nil {
            operation.attributes["dtype"] = .dtype(offer.dtype)
        }
        let inputs = sample.request.inputs.map { operand in
            operand.map { $0.dtype == sample.dtype ? Operand(dtype: offer.dtype, layout: $0.layout) : $0 }
        }
        // An operation without inputs of the sample's dtype supports only that one.
        let isAbout =
            sample.request.inputs.contains { $0?.dtype == sample.dtype } || operation.attributes["dtype"] != nil
        let draft = KernelRequest(operation: operation, inputs: inputs, outputs: sample.request.outputs)
        guard isAbout || offer.dtype == sample.dtype,
            let graph = try? OneNodeGraph.make(
                draft,
                { builder, values throws(GraphError) in
                    try OneNodeGraph.apply(draft, operation.attributes, builder, values)
                })
        else { return false }
        var outputs = sample.request.outputs
        for output in graph.outputs {
            guard let index = Int(output.name.dropFirst("output".count)) else { continue }
            let type = graph.type(of: output.value)
            outputs[index] = Operand(dtype: type.dtype, layout: Layout(dense: type.concreteShape ?? []))
        }
        return (try? backend.prepare(KernelRequest(operation: operation, inputs: inputs, outputs: outputs))) != nil
    }
}
