import ArgumentParser
import AttendModels
import AttendRuntime

/// Runs a model on tensors and writes its outputs.
struct TensorRun {
    let model: LoadedModel
    let graph: Graph
    let inputs: [String: Tensor]
    let option: TensorOption

    /// - Throws: Errors of planning, of the run and of the file.
    func run(
        on named: ChosenBackends?, _ choice: BackendChoice, _ execution: ExecutionOptions, _ captures: CaptureOption,
        asJSON: Bool
    ) throws {
        let names = try captures.names(in: graph)
        let prepared = try PreparedRun(graph, inputs: inputs, capture: names, on: named, choice, execution)
        var results: [String: Tensor] = [:]
        let time = try ContinuousClock().measure {
            results = try execution.shadowed(prepared.session, choice) {
                try prepared.session.run(inputs, capture: names)
            }
        }
        let outputs = try option.chosen(
            Dictionary(uniqueKeysWithValues: results.map { (ModelOutput.publicName(of: $0.key), $0.value) }))
        let device = prepared.device
        if let output = captures.output {
            try SafetensorsFile.write(
                outputs,
                metadata: ["model": model.folder, "dtype": model.dtype.rawValue, "backend": device.backend], to: output)
        }
        let placements = try prepared.reportPlacements(inputs, capture: names, choice, execution)
        let sorted = outputs.sorted { $0.key < $1.key }
        for (name, tensor) in sorted {
            guard tensor.dtype.isFloatingPoint, let count = try? tensor.floats().count(where: \.isNaN), count > 0 else {
                continue
            }
            Terminal.log(
                "attend: warning: \(Quantity.grouped(count)) of \(Quantity.grouped(tensor.elementCount)) numbers of "
                    + "\(name) are NaN; attend inspect MODEL --check looks for weights that are")
            break
        }
        if asJSON {
            let items = sorted.map { JSONValue.object($1.summary(named: $0)) }
            return try Terminal.write(
                .object([
                    .init("version", .integer(1)), .init("model", .string(model.folder)),
                    .init("dtype", .string(model.dtype.rawValue)), .init("backend", .string(device.backend)),
                    .init("device", device.json),
                    .init("outputs", .array(items)), .init("placements", placements.json),
                    .init("seconds", .number(time.inSeconds))
                ]))
        }
        for (name, tensor) in sorted { Terminal.write(tensor.line(named: name)) }
        Terminal.log(
            "\(prepared.plan.placementSummary) (\(device.line)), \((time.inSeconds * 1000).formatted(decimals: 2)) ms")
    }
}
