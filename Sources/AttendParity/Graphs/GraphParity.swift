public import AttendRuntime
import Synchronization

/// A whole graph or model held against the oracle, step by step of the plan that runs it.
///
/// The graph runs once on the backend. Every kernel's inputs and results are read as it runs, and the oracle computes the
/// same operation on the same inputs: so each bound is that of one operation, however deep the graph, and the first node
/// that is out of it is named. (End to end a worst-case bound over many layers would say nothing.) Memory is watched as
/// ``GuardedBackend`` does, each value in a buffer of its own; with all values in one arena the bits must be the same. What passes made of the graph is held against the graph as
/// it was written, both in float64. Then the plan's nodes run once more one after another, each in memory of its own, and the
/// results must have the same bits: sharing memory, working in place and looking through views change nothing.
///
/// ```swift
/// let report = try GraphParity(graph, on: backend).report(on: inputs)
/// #expect(report.passes, "\(report.table)")
/// ```
///
/// - Complexity: One run on the backend, one more node by node, and the oracle on every step, which takes about 10 ns for
///   each product of a sum. In memory stand one step's values at a time, beside the graph's own.
public struct GraphParity: Sendable {
    public let graph: Graph
    public let backend: any ComputeBackend
    /// For what `backend` has no kernel for, see ``AttendRuntime/Program``. Their names must differ.
    public let fallbacks: [any ComputeBackend]
    public let model: RoundingModel
    /// Whether the plan's bits are held against those of its nodes run one by one. They are of the graph as it was planned.
    public var comparesNodes = true
    /// Whether what passes made of the graph is held against the graph as it was written.
    public var comparesPasses = true
    /// How the graph becomes a program, for a program that is set up otherwise than by default.
    public var makeProgram: @Sendable (Graph, any ComputeBackend, [any ComputeBackend], MemoryPolicy) -> Program = {
        Program($0, on: $1, fallingBackTo: $2, memory: $3)
    }
    /// Is told of every kernel before it is made and before it runs.
    package var watcher: (@Sendable (CaseStep) -> Void)?

    public init(
        _ graph: Graph, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = [],
        model: RoundingModel = RoundingModel()
    ) {
        (self.graph, self.backend, self.fallbacks, self.model) = (graph, backend, fallbacks, model)
    }

    /// What is being done: the oracle is at this step of so many.
    public struct Progress: Sendable {
        public let node: String
        public let index: Int
        public let count: Int
    }

    /// Runs the graph on these inputs.
    ///
    /// - Parameters:
    ///   - inputs: Every input by name.
    ///   - symbols: Values of symbols that no input shows.
    ///   - progress: Is called before each step is judged.
    /// - Throws: ``AttendRuntime/RunError`` for inputs that don't fit and for what the backend can't run. What goes wrong in the
    ///   run stands in the report.
    public func report(
        on inputs: [String: Tensor], symbols: [String: Int] = [:],
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(RunError) -> GraphParityReport {
        let clock = ContinuousClock()
        let start = clock.now
        let judge = StepJudge(composites: graph.composites, model: model)
        let recorder = StepRecorder(judge: judge, progress: progress)
        let guarded = ([backend] + fallbacks).map { GuardedBackend($0, watcher: watcher) }
        let session = try makeProgram(graph, guarded[0], Array(guarded.dropFirst()), .buffers)
            .makeSession(symbols: symbols)
        session.observer = recorder
        let plan = try session.plan(for: inputs)
        var report = GraphParityReport(graph: graph.name, device: backend.device)
        if comparesPasses, !session.program.optimizer.passes.isEmpty {
            do throws(RunError) {
                report.passDifference = try PassProof.difference(graph, plan.graph, on: inputs, symbols: symbols)
                report.comparedPasses = true
            } catch {
                report.failure = "it can't be computed in float64: \(error)"
            }
        }
        recorder.begin(plan)
        report.stepCount = recorder.expectedCount
        var results: [String: Tensor]?
        do throws(RunError) {
            results = try session.run(inputs)
        } catch {
            report.failure = report.failure ?? "the run failed: \(error)"
        }
        report.steps = recorder.steps
        for backend in guarded where report.trespass == nil {
            do throws(BackendError) {
                report.trespass = try backend.violation()
            } catch {
                report.failure = report.failure ?? "memory can't be read after the run: \(error)"
            }
        }
        if comparesNodes, let results {
            do throws(RunError) {
                report.planDifference = try difference(of: plan, inputs, results, recorder)
                if report.planDifference == nil {
                    report.planDifference = try arenaDifference(inputs, symbols, results)
                }
                report.comparedNodes = true
            } catch {
                report.failure = report.failure ?? "the run of the nodes one by one failed: \(error)"
            }
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }

    // MARK: Node by node

    /// The plan as users run it, its values in one arena, against the one whose values had buffers of their own to be watched in.
    private func arenaDifference(
        _ inputs: [String: Tensor], _ symbols: [String: Int], _ results: [String: Tensor]
    ) throws(RunError) -> GraphParityReport.PlanDifference? {
        let found = try makeProgram(graph, backend, fallbacks, .arena).makeSession(symbols: symbols).run(inputs)
        for output in graph.outputs {
            guard let mine = found[output.name], let other = results[output.name],
                let position = mine.firstDifferentBit(from: other)
            else { continue }
            var difference = GraphParityReport.PlanDifference(output: output.name)
            difference.show(position, mine, other)
            return difference
        }
        return nil
    }

    private func difference(
        of plan: Plan, _ inputs: [String: Tensor], _ results: [String: Tensor], _ planned: StepRecorder
    ) throws(RunError) -> GraphParityReport.PlanDifference? {
        let separate = StepRecorder(judge: nil) { _ in }
        let found = try SeparateNodes(plan.graph) { single, inputs throws(RunError) in
            // Without what `makeProgram` may do to a graph: this one is what came of it.
            let session = try Program(single, on: backend, fallingBackTo: fallbacks, optimizer: .none).makeSession()
            session.observer = separate
            return try session.run(inputs)
        }.results(inputs)
        var difference: GraphParityReport.PlanDifference?
        for output in plan.graph.outputs {
            guard let mine = results[output.name], let other = found[output.name] else { continue }
            guard let position = mine.firstDifferentBit(from: other) else { continue }
            difference = GraphParityReport.PlanDifference(output: output.name)
            difference?.show(position, mine, other)
            break
        }
        if let step = planned.trace.firstDifference(from: separate.trace) {
            var named = difference ?? GraphParityReport.PlanDifference()
            (named.node, named.hasReadOther) = (step.node, step.hasReadOther)
            difference = named
        }
        return difference
    }
}

extension GraphParityReport.PlanDifference {
    fileprivate mutating func show(_ position: Int, _ mine: Tensor, _ other: Tensor) {
        index = mine.index(at: position)
        func number(_ tensor: Tensor) -> Double {
            if let floats = try? tensor.floats() { return Double(floats[position]) }
            return Double(ExpectedTensor.numbers(tensor)[position])
        }
        guard mine.shape == other.shape, mine.dtype == other.dtype else { return }
        (value, expected) = (number(mine), number(other))
    }
}
