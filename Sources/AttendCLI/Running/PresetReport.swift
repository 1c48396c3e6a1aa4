import AttendModels
import AttendRuntime

/// The report on a preset's run, with the predictions of `count`.
struct PresetReport {
    let run: PresetRun
    let outcome: PresetRun.Outcome

    private var expectation: PresetExpectation { outcome.expectation }
    private let device: DeviceDescription

    init(run: PresetRun, outcome: PresetRun.Outcome) {
        (self.run, self.outcome) = (run, outcome)
        device = run.chosen.reportedDevice(of: outcome.plan)
    }

    private var outputs: [(name: String, tensor: Tensor)] {
        outcome.results.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func lines() -> [String] {
        var table = TextTable(left: [0, 1])
        table.add(
            "parameters",
            """
            \(Quantity.grouped(expectation.parameterCount)), \(Quantity.bytes(expectation.weightByteCount))\
            \(run.dtype == .float32 ? "" : " in \(run.dtype)"), random
            """)
        table.add("tokens", Quantity.grouped(run.tokens))
        for (name, tensor) in outputs {
            table.add("output", "\(name)  \(tensor.dtype)\(tensor.shape), \(summary(tensor))")
        }
        table.add("backend", device.backend)
        table.add("device", device.line)
        table.add("ran", outcome.plan.placementSummary)
        table.add(
            "time",
            """
            \((outcome.seconds * 1000).formatted(decimals: 1)) ms (first run, with planning and packing: \
            \(outcome.firstSeconds.formatted(decimals: 2)) s; weights generated in \
            \(outcome.makingSeconds.formatted(decimals: 2)) s)
            """
        )
        table.add(
            "speed",
            """
            \(Quantity.flops(outcome.flopsPerSecond))/s for the \(Quantity.flops(expectation.flops)) counted by \
            attend count
            """)
        table.add(
            "peak memory",
            """
            \(Quantity.bytes(outcome.peakByteCount)); attend count predicts \(Quantity.bytes(expectation.byteCount)): \
            the weights twice, as generated and on the device, and \(Quantity.bytes(expectation.workingByteCount)) of \
            intermediate values
            """
        )
        return ["\(DisplayText.cleaned(run.preset.name))  \(DisplayText.cleaned(run.preset.title))"] + table.lines()
    }

    /// A summary that shows whether two backends computed the same.
    private func summary(_ tensor: Tensor) -> String {
        guard let values = try? tensor.floats(), !values.isEmpty else { return "empty" }
        let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
        let square = values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(values.count)
        return "mean \(mean.formatted(decimals: 5)), root mean square \(square.squareRoot().formatted(decimals: 5))"
    }

    func json() -> JSONValue {
        let outputs = outputs.map { JSONValue.object($0.tensor.summary(named: $0.name)) }
        return .object([
            .init("version", .integer(1)), .init("preset", .string(run.preset.name)),
            .init("dtype", .string(run.dtype.rawValue)),
            .init("backend", .string(device.backend)), .init("device", device.json),
            .init("placements", outcome.plan.placementCounts()), .init("tokens", .integer(run.tokens)),
            .init("seed", .integer(run.seed)), .init("outputs", .array(outputs)),
            .init("parameters", .integer(expectation.parameterCount)), .init("flops", .number(expectation.flops)),
            .init("seconds", .number(outcome.seconds)), .init("first_run_seconds", .number(outcome.firstSeconds)),
            .init("making_seconds", .number(outcome.makingSeconds)),
            .init("flops_per_second", .number(outcome.flopsPerSecond)),
            .init("peak_bytes", .integer(outcome.peakByteCount)),
            .init("counted_bytes", .integer(expectation.byteCount))
        ])
    }
}
