public import AttendRuntime
import Synchronization

/// A comparison of a whole graph or model with the oracle, step by step of its plan.
///
/// The graph runs once on the backend. Every kernel's inputs and results are recorded, and the oracle computes the same
/// operation on the same inputs. So each bound is that of one operation, however deep the graph, and the first node
/// outside its bound is reported. (An end-to-end worst-case bound over many layers would be meaningless.) Further
/// checks:
///
/// - Memory is guarded as by ``GuardedBackend``, with each value in a buffer of its own; with all values in one arena
///   the results must have the same bits.
/// - The optimized graph is compared with the original one, both in float64.
/// - The plan's nodes run again one after another, each in memory of its own. The results must have the same bits:
///   sharing memory, working in place and views change nothing.
///
/// ```swift
/// let report = try GraphParity(graph, on: backend).report(on: inputs)
/// #expect(report.passes, "\(report.table)")
/// ```
///
/// - Complexity: One run on the backend, one more node by node, and the oracle on every step, about 10 ns per
///   multiply-add. Memory: the values of one step at a time, in addition to the graph's own.
public struct GraphParity: Sendable {
    /// The graph to check.
    public let graph: Graph
    /// The backend under test.
    public let backend: any ComputeBackend
    /// The backends for operations without a kernel in `backend`, see ``AttendRuntime/Program``. Their names must
    /// differ.
    public let fallbacks: [any ComputeBackend]
    /// The required precision.
    public let model: RoundingModel
    /// Whether to compare the plan's bits with those of its nodes run one by one, for the graph as planned.
    public var comparesNodes = true
    /// Whether to compare the optimized graph with the original one.
    public var comparesPasses = true
    /// The construction of the program, for programs with other settings than the default.
    public var makeProgram: @Sendable (Graph, any ComputeBackend, [any ComputeBackend], MemoryPolicy) -> Program = {
        Program($0, on: $1, fallingBackTo: $2, memory: $3)
    }
    /// A callback for every kernel, before its creation and before each run.
    package var watcher: (@Sendable (CaseStep) -> Void)?

    /// A check of `graph` on `backend`.
    public init(
        _ graph: Graph, on backend: any ComputeBackend, fallingBackTo fallbacks: [any ComputeBackend] = [],
        model: RoundingModel = RoundingModel()
    ) {
        (self.graph, self.backend, self.fallbacks, self.model) = (graph, backend, fallbacks, model)
    }

    /// The progress of a report: the step that the oracle judges next.
    public struct Progress: Sendable {
        /// The node's path.
        public let node: String
        /// The step's index, from 0 up.
        public let index: Int
        /// The number of steps.
        public let count: Int
    }

    /// Runs the graph and all checks.
    ///
    /// - Parameters:
    ///   - inputs: Every input by name.
    ///   - symbols: The values of symbols that do not occur in the shapes of inputs.
    ///   - progress: A callback before each step is judged.
    /// - Throws: ``AttendRuntime/RunError`` for inputs that don't match, and for operations that the backend can't run.
    ///   Errors during the run are part of the report.
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
                report.failure = report.failure ?? "the node-by-node run failed: \(error)"
            }
        }
        report.seconds = (clock.now - start).inSeconds
        return report
    }

    /// The results of a normal run, with all values in one arena.
    ///
    /// - Throws: ``AttendRuntime/RunError``.
    package func results(
        on inputs: [String: Tensor], symbols: [String: Int] = [:]
    ) throws(RunError) -> [String: Tensor] {
        try makeProgram(graph, backend, fallbacks, .arena).makeSession(symbols: symbols).run(inputs)
    }

    // MARK: Node by node

    /// Compares the plan with its values in one arena, as in normal runs, with the guarded plan with one buffer per
    /// value.
    private func arenaDifference(
        _ inputs: [String: Tensor], _ symbols: [String: Int], _ results: [String: Tensor]
    ) throws(RunError) -> GraphParityReport.PlanDifference? {
        let found = try self.results(on: inputs, symbols: symbols)
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
            // Without the options of `makeProgram`: this graph is already optimized.
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
