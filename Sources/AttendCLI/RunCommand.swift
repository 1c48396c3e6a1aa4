import ArgumentParser
import Attend
import AttendCore

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a model on texts and show how alike they are.",
        discussion: """
            EXAMPLE
              attend run --model all-MiniLM-L6-v2 --backend simd "a fluffy blue creature" "an azure furry animal"
            """)

    @Option(name: .long, help: "The model's folder: config.json, tokenizer.json and safetensors weights.")
    var model: String

    @OptionGroup var choice: BackendChoice

    @Flag(
        name: .long,
        help:
            "Print one JSON object: model, backend, device, placements, texts, token_ids, embeddings, similarity, seconds."
    )
    var json = false

    @Argument(help: "The texts.")
    var texts: [String]

    func run() throws {
        try Exit.reporting {
            let backend = try choice.make()
            let clock = ContinuousClock()
            let encoder = try SentenceEncoder(
                folder: model, on: backend.backend, fallingBackTo: backend.fallbacks)
            let session = try encoder.program.makeSession()
            let encodings = texts.map(encoder.encode)
            let inputs = try encoder.inputs(for: encodings)
            let plan = try session.plan(for: inputs)
            if choice.placements { Terminal.log(plan.placementTable) }
            // The first run plans and uploads the weights; the second is what a user of a loaded model waits for.
            let loading = try clock.measure { _ = try session.run(inputs) }
            var results: [String: Tensor] = [:]
            let running = try clock.measure { results = try session.run(inputs) }
            guard let embeddings = results["sentence_embedding"] else {
                preconditionFailure("the graph has this output")
            }
            let report = RunReport(
                model: model, device: backend.device, plan: plan, texts: texts, encodings: encodings,
                embeddings: embeddings,
                similarity: try Similarity.cosines(embeddings), seconds: running.seconds, firstSeconds: loading.seconds)
            if json { try Terminal.write(report.json()) } else { Terminal.write(report.table()) }
        }
    }
}

/// What a run gives, as a table or as JSON.
private struct RunReport {
    let model: String
    let device: DeviceDescription
    let plan: Plan
    let texts: [String]
    let encodings: [Encoding]
    let embeddings: Tensor
    let similarity: [[Double]]
    let seconds: Double
    let firstSeconds: Double

    func json() throws -> JSONValue {
        let values = try embeddings.floats()
        let width = values.count / max(texts.count, 1)
        let rows = texts.indices.map { row in
            JSONValue.array(values[(row * width)..<((row + 1) * width)].map { .number(Double("\($0)") ?? Double($0)) })
        }
        return .object([
            .init("version", .integer(1)), .init("model", .string(model)), .init("backend", .string(device.backend)),
            .init("device", device.json), .init("placements", plan.placementCounts),
            .init("texts", .array(texts.map { .string($0) })),
            .init("token_ids", .array(encodings.map { .array($0.ids.map { .integer($0) }) })),
            .init("embeddings", .array(rows)),
            .init("similarity", .array(similarity.map { .array($0.map { .number($0) }) })),
            .init("seconds", .number(seconds)), .init("first_run_seconds", .number(firstSeconds))
        ])
    }

    func table() -> String {
        var lines = ["similarity  " + texts.indices.map { column("\($0 + 1)") }.joined()]
        for (row, text) in texts.enumerated() {
            let cells = similarity[row].map { column($0.formatted(decimals: 3)) }.joined()
            lines.append(column("\(row + 1)", width: 10) + "  " + cells + "  " + text)
        }
        lines += [
            "", "backend  \(device.backend)", "device   \(device.line)", "ran      \(plan.placementSummary)",
            "time     \((seconds * 1000).formatted(decimals: 2)) ms for \(texts.count) texts of up to \(encodings.map(\.ids.count).max() ?? 0) tokens (first run, with planning: \((firstSeconds * 1000).formatted(decimals: 1)) ms)"
        ]
        return lines.joined(separator: "\n")
    }

    private func column(_ text: String, width: Int = 8) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Double {
    func formatted(decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(self) * scale).rounded()
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return decimals == 0 ? sign + padded : "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
