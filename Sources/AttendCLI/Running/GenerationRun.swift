import ArgumentParser
import AttendModels
import AttendRuntime
import Foundation

/// Continues or translates texts, and prints the new text as it comes.
struct GenerationRun {
    let model: LoadedModel
    let option: GenerationOption
    let seed: Int?
    let backends: ChosenBackends
    let optimizer: Optimizer

    private var program: GenerationProgram {
        get throws { try GenerationProgram(model) { backends.program($0, optimizer, stateMemory: $1) } }
    }

    /// Whether a model continues or translates texts rather than embedding them.
    static func fits(_ model: LoadedModel) -> Bool {
        model.configuration.decoder != nil && model.outputs.contains(.logits) && !model.hasModules
            && model.configuration.classifier == nil
    }

    func run(_ texts: [String], asJSON json: Bool) throws {
        let program = try program
        let generator = try TextGenerator(program)
        let settings = try option.settings(program, seed: seed)
        if settings.sampling == nil, program.defaults.sampling != nil {
            Terminal.log("attend: greedy; \(program.defaults.path) asks for sampling, which --sample does")
        }
        let prefix = try option.to.map { try generator.prefix(from: option.from, to: $0) } ?? ""
        let isStreaming = !json && texts.count == 1
        let clock = ContinuousClock()
        let (start, interrupt) = (clock.now, Interrupt.shared)
        interrupt.isAwaited = true
        defer { interrupt.isAwaited = false }
        var (first, steps) = (ContinuousClock.Instant?.none, 0)
        let results = try generator.generate(texts.map { prefix + $0 }, settings, stops: option.stop) { _, text in
            if isStreaming { Terminal.writePart(text) }
            return true
        } goesOn: {
            // The prompt's run ends before the second step.
            steps += 1
            if steps == 2 { first = clock.now }
            return !interrupt.isRequested
        }
        let (end, began) = (clock.now, first ?? clock.now)
        if isStreaming {
            Terminal.write("")
        } else if json {
            try Terminal.write(self.json(texts, results, start.duration(to: began), began.duration(to: end)))
        } else {
            for result in results { Terminal.write(result.text) }
        }
        tell(results, before: start.duration(to: began), after: began.duration(to: end))
        if interrupt.isRequested { throw ExitCode(Exit.interrupted) }
    }

    private func tell(_ results: [TextGenerator.Result], before: Duration, after: Duration) {
        let prompts = results.reduce(0) { $0 + $1.promptCount }
        let count = results.reduce(0) { $0 + $1.ids.count }
        // The first token is that of the prompt's run.
        let rate = Double(max(count - results.count, 0)) / max(after.inSeconds, 1e-9)
        Terminal.log(
            "\(backends.device.backend): \(Quantity.grouped(prompts)) tokens read in "
                + "\(before.inSeconds.formatted(decimals: 2)) s, \(Quantity.grouped(count)) new in "
                + "\(after.inSeconds.formatted(decimals: 2)) s (\(rate.formatted(decimals: 1)) tokens/s)")
        for (index, result) in results.enumerated() where result.end == .length && option.generate == nil {
            let place = results.count > 1 ? "text \(index + 1)" : "the text"
            Terminal.log("attend: \(place) is cut after \(result.ids.count) new tokens; --generate sets the number")
        }
    }

    private func json(
        _ texts: [String], _ results: [TextGenerator.Result], _ before: Duration, _ after: Duration
    ) -> JSONValue {
        .object([
            .init("version", .integer(1)), .init("model", .string(model.folder)),
            .init("dtype", .string(model.dtype.rawValue)), .init("backend", .string(backends.device.backend)),
            .init("outputs", .array(results.map { .string($0.text) })),
            .init(
                "results",
                .array(
                    zip(texts, results).map { text, result in
                        .object([
                            .init("prompt", .string(text)), .init("text", .string(result.text)),
                            .init("ids", .array(result.ids.map { .integer($0) })),
                            .init("prompt_tokens", .integer(result.promptCount)),
                            .init("end", .string(result.end.rawValue))
                        ])
                    })),
            .init("prompt_seconds", .number(before.inSeconds)), .init("seconds", .number(after.inSeconds))
        ])
    }

    // MARK: Tensors

    /// Writes the greedy ids of tensors' prompts as `sequences`, int64 `[batch, tokens]`: prompts, padded at the start as
    /// they are, and new tokens, padded at the end.
    func run(tensors path: String, to output: String?, asJSON json: Bool) throws {
        let program = try program
        guard option.stop.isEmpty, option.to == nil, !option.isSampling else {
            throw ValidationError(
                "--inputs with --generate gives greedy ids: leave out --stop, --to and options of drawing")
        }
        let settings = try option.settings(program, seed: nil)
        let file = try TensorSource(path)
        let tensors = try file.tensors()
        let request = try Sequences(program, tensors, settings, path: file.path)
        if !request.leftOut.isEmpty {
            Terminal.log(
                "attend: \(file.path): generation does not read \(request.leftOut.joined(separator: " and ")): it begins "
                    + "with the model's own first token and counts positions by the mask")
        }
        let interrupt = Interrupt.shared
        interrupt.isAwaited = true
        defer { interrupt.isAwaited = false }
        let sequences: Tensor
        do {
            sequences = try request.tensor { !interrupt.isRequested }
        } catch let error as GenerationError {
            throw ModelError(path: file.path, reason: "\(error)")
        }
        if let output {
            try SafetensorsFile.write(
                ["sequences": sequences],
                metadata: ["model": model.folder, "backend": backends.device.backend], to: output)
        }
        if json {
            return try Terminal.write(
                .object([
                    .init("version", .integer(1)), .init("model", .string(model.folder)),
                    .init("backend", .string(backends.device.backend)),
                    .init("outputs", .array([.object(sequences.summary(named: "sequences"))]))
                ]))
        }
        Terminal.write(sequences.line(named: "sequences"))
        if interrupt.isRequested { throw ExitCode(Exit.interrupted) }
    }
}
