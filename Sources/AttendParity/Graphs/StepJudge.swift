import AttendRuntime

/// The comparison of one step of a plan with the oracle on the inputs that the backend's kernel read, so that its bound
/// is that of one operation however deep the graph.
struct StepJudge {
    /// The graph's own composites by versioned name.
    let composites: [String: any CompositeOperation]
    let model: RoundingModel

    /// The operations that only move elements, and so keep the sign of zeros.
    private static let moves: Set<Primitive> = [.transpose, .slice, .broadcast, .reshape, .concatenate, .gather]

    func judged(_ step: RecordedStep) -> GraphParityReport.Step {
        var result = GraphParityReport.Step(step.place)
        let clock = ContinuousClock()
        let start = clock.now
        // An observer must not depend on changes that a kernel made to the thread.
        result.outcome = FloatingPointEnvironment.inStandard { outcome(of: step, &result) }
        result.oracleSeconds = (clock.now - start).inSeconds
        return result
    }

    private func outcome(
        of step: RecordedStep, _ result: inout GraphParityReport.Step
    ) -> GraphParityReport.Step.Outcome {
        let request = step.request
        guard request.operation.primitive != nil || definition(of: request) != nil else {
            return .unjudged("the graph holds no definition of \(request.operation.versionedName)")
        }
        let single: BuiltCase
        let expectation: Expectation
        do {
            single = try oneNode(step)
            expectation = try single.expectation(model)
        } catch {
            return .unjudged("the oracle: \(error)")
        }
        for (output, expected) in zip(single.graph.outputs, expectation.outputs) {
            guard let index = Int(output.name.dropFirst("output".count)), let found = step.outputs[index] else {
                continue
            }
            let keepsZeroSigns = request.operation.primitive.map(StepJudge.moves.contains) ?? false
            let comparison = expected.value.compare(found, keepsZeroSigns: keepsZeroSigns)
            result.elementCount += comparison.elementCount
            result.undecided += comparison.undecided
            result.worstShare = max(result.worstShare, comparison.worstShare)
            guard !comparison.isRight else { continue }
            // A branch that depends on uncertain digits shows nothing about the backend.
            guard expectation.undecidedBranches == 0 else {
                return .open("\(expectation.undecidedBranches) branches depend on uncertain digits")
            }
            let name = request.schema.flatMap { $0.outputs.count > 1 ? $0.outputs[index] : nil }
            return .wrong(output: name, comparison)
        }
        return .right
    }

    private func definition(of request: KernelRequest) -> (any CompositeOperation)? {
        let name = request.operation.versionedName
        return composites[name] ?? Composites.builtIn[name]
    }

    func oneNode(_ step: RecordedStep) throws(GraphError) -> BuiltCase {
        var inputs: [String: Tensor] = [:]
        for (index, tensor) in step.inputs.enumerated() { inputs["input\(index)"] = tensor }
        let request = step.request
        let graph = try OneNodeGraph.make(request, composites: Array(composites.values)) {
            builder, values throws(GraphError) in
            try OneNodeGraph.apply(request, request.attributes, builder, values)
        }
        return BuiltCase(graph: graph, inputs: inputs)
    }
}
