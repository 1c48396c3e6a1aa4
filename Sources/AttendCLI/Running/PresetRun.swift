import ArgumentParser
import AttendModels
import AttendRuntime

/// A run of a preset's model with random weights: built, run twice, and compared with the predictions of `count`.
struct PresetRun {
    let preset: Preset
    let tokens: Int
    let seed: Int
    let choice: BackendChoice
    let chosen: ChosenBackends
    let execution: ExecutionOptions
    let captures: [String]

    /// The predictions by counting, before the model is built.
    struct Expectation {
        var parameterCount: Int
        var flops: Double
        var workingByteCount: Int
        /// The size of the weights in float32 in bytes.
        var weightByteCount: Int { parameterCount.times(4) }
        /// The weights as created, again as stored on the device, and the values between nodes.
        var byteCount: Int { weightByteCount.times(2).plus(workingByteCount) }
    }

    struct Outcome {
        var results: [String: Tensor]
        var captureNames: [String]
        var plan: Plan
        var expectation: Expectation
        var makingSeconds: Double
        var firstSeconds: Double
        var seconds: Double
        var peakByteCount: Int
        var profile: RunProfile?
        /// The speed of products, as counted by `count`, in the second run.
        var flopsPerSecond: Double { expectation.flops / max(seconds, .leastNormalMagnitude) }
    }

    func expectation() throws -> Expectation {
        let model = try CountableModel(preset)
        let cost: ContextCost
        do {
            cost = try ContextCost.of(model, tokens: tokens)
        } catch {
            guard tokens > preset.contextLimit else { throw error }
            throw ValidationError("--tokens \(tokens): \(preset.name) has positions for \(preset.contextLimit)")
        }
        let parameters = ParameterCount(model.graph, declaredWeights: model.declaredWeights)
        return Expectation(
            parameterCount: parameters.total, flops: cost.flops, workingByteCount: cost.workingByteCount)
    }

    /// - Throws: ``RunFailure`` for a model that does not fit in this machine's memory, and errors of building and
    ///   running.
    func outcome() throws -> Outcome {
        let expectation = try expectation()
        if let memory = HostMachine.memoryByteCount, expectation.byteCount > memory {
            throw RunFailure(
                """
                \(preset.name) needs about \(Quantity.bytes(expectation.byteCount)) at \(tokens) tokens, with the \
                weights stored twice, as generated and on the device; this machine has \
                \(Quantity.bytes(memory))
                """
            )
        }
        Terminal.log(
            """
            generating \(Quantity.grouped(expectation.parameterCount)) random weights, \
            \(Quantity.bytes(expectation.weightByteCount)) …
            """
        )
        let clock = ContinuousClock()
        var graph: Graph?
        let making = try clock.measure {
            graph = try preset.graph(weights: progress(of: .random(seed: seed), expectation))
        }
        guard let graph else { preconditionFailure("the graph was made") }
        let names = try graph.captureNames(matching: captures)
        let inputs = try self.inputs(of: graph)
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
    private func progress(of source: WeightSource, _ expectation: Expectation) -> WeightSource {
        guard case .tensors(let make) = source else { return source }
        let counter = ProgressCounter(total: expectation.parameterCount)
        return .tensors { name, shape in
            let tensor = try make(name, shape)
            counter.add(tensor.elementCount)
            return tensor
        }
    }

    /// Random numbers and ids, deterministic for a seed.
    private func inputs(of graph: Graph) throws -> [String: Tensor] {
        var inputs: [String: Tensor] = [:]
        for (index, id) in graph.inputs.enumerated() {
            var symbols = ["batch": 1]
            for symbol in graph.symbols where symbol != "batch" { symbols[symbol] = tokens }
            let (name, type) = (graph.values[id].name, try graph.type(of: id).bound(to: symbols))
            let shape = type.concreteShape ?? []
            if type.dtype.isFloatingPoint {
                inputs[name] = try Tensor(uniform: shape, in: -1...1, seed: seed &+ index &+ 1)
            } else {
                let configuration = preset.configuration
                let rows = name == "token_types" ? configuration.tokenTypeCount : configuration.vocabularySize ?? 1
                let numbers = try Tensor(uniform: shape, seed: seed &+ index &+ 1).floats()
                inputs[name] = try Tensor(
                    numbers.map { Int64(min(rows - 1, Int(saturating: Double($0) * Double(rows)))) }, shape: shape)
            }
        }
        return inputs
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
