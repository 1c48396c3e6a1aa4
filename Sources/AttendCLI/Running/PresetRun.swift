import ArgumentParser
import AttendModels
import AttendRuntime

/// A run of a preset's model with random weights: built, run twice, and compared with the predictions of `count`.
struct PresetRun {
    let preset: Preset
    let dtype: DType
    let tokens: Int
    let seed: Int
    let choice: BackendChoice
    let chosen: ChosenBackends
    let execution: ExecutionOptions
    let captures: [String]

    struct Outcome {
        var results: [String: Tensor]
        var captureNames: [String]
        var plan: Plan
        var expectation: PresetExpectation
        var makingSeconds: Double
        var firstSeconds: Double
        var seconds: Double
        var peakByteCount: Int
        var profile: RunProfile?
        /// The speed of products, as counted by `count`, in the second run.
        var flopsPerSecond: Double { expectation.flops / max(seconds, .leastNormalMagnitude) }
    }

    func expectation() throws -> PresetExpectation {
        try PresetExpectation(preset, dtype, batch: 1, tokens: tokens, option: "--tokens \(tokens)")
    }

    /// - Throws: ``RunFailure`` for a model that does not fit in this machine's memory, and errors of building and
    ///   running.
    func outcome() throws -> Outcome {
        let expectation = try expectation()
        try expectation.requireMemory()
        Terminal.log(
            """
            generating \(Quantity.grouped(expectation.parameterCount)) random weights, \
            \(Quantity.bytes(expectation.weightByteCount)) …
            """
        )
        let clock = ContinuousClock()
        var graph: Graph?
        let making = try clock.measure {
            graph = try preset.graph(dtype: dtype, weights: progress(of: .random(seed: seed), expectation))
        }
        guard let graph else { preconditionFailure("the graph was made") }
        let names = try graph.captureNames(matching: captures)
        let inputs = try preset.inputs(of: graph, batch: 1, tokens: tokens, seed: seed)
        Terminal.log(
            "generated in \(seconds(making)); the first run plans and copies the weights to \(chosen.device.backend) …")
        let prepared = try PreparedRun(graph, inputs: inputs, capture: names, on: chosen, choice, execution)
        let (program, session, plan) = (prepared.program, prepared.session, prepared.plan)
        let first = try clock.measure { _ = try session.run(inputs, capture: names) }
        Terminal.log("first run \(seconds(first)); measuring a second run …")
        var results: [String: Tensor] = [:]
        let second = try clock.measure { results = try session.run(inputs, capture: names) }
        let peak = ProcessMemory.peak
        let profile = try execution.profiled(session, inputs, capture: names, on: program.backends)
        return Outcome(
            results: results, captureNames: names, plan: plan, expectation: expectation,
            makingSeconds: making.inSeconds,
            firstSeconds: first.inSeconds, seconds: second.inSeconds, peakByteCount: peak, profile: profile)
    }

    private func seconds(_ duration: Duration) -> String { "\(duration.inSeconds.formatted(decimals: 1)) s" }

    /// Reports progress after each tenth of the parameters.
    private func progress(of source: WeightSource, _ expectation: PresetExpectation) -> WeightSource {
        guard case .tensors(let make) = source else { return source }
        let counter = ProgressCounter(total: expectation.parameterCount)
        return .tensors { name, shape in
            let tensor = try make(name, shape)
            counter.add(tensor.elementCount)
            return tensor
        }
    }
}

/// A progress counter on stderr.
private final class ProgressCounter {
    private let total: Int
    private var done = 0
    private var told = 0

    init(total: Int) { self.total = total }

    func add(_ count: Int) {
        done += count
        let tenth = done.times(10) / max(total, 1)
        guard tenth > told, tenth < 10 else { return }
        told = tenth
        Terminal.log("  \(tenth * 10) %")
    }
}

/// An error that prevents a run.
struct RunFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
