import ArgumentParser
import AttendCore

struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Run a graph file on tensors from a safetensors file.",
        discussion: """
            Every input of the graph is read from the tensor of the same name; every output is written under its name.

            EXAMPLE
              attend eval translate.json --inputs in.safetensors --output out.safetensors --backend simd
            """)

    @Argument(help: "The graph file.")
    var graph: String

    @Option(name: .long, help: "The safetensors file with the inputs. Needed where the graph has inputs.")
    var inputs: String?

    @Option(name: .long, help: "The safetensors file to write the outputs to.")
    var output: String

    @OptionGroup var choice: BackendChoice

    @Option(name: .long, help: "A symbol that no input shows, as NAME=SIZE, such as a cache's capacity. Repeatable.")
    var symbol: [String] = []

    @Flag(name: .long, help: "Print one JSON object: graph, backend, device, outputs, placements, seconds.")
    var json = false

    func run() throws {
        try Exit.reporting {
            let backend = try choice.make()
            let graph = try Graph(contentsOf: graph)
            let tensors = try readInputs(of: graph)
            let session = try Program(graph, on: backend).makeSession(symbols: symbols())
            let plan = try session.plan(for: tensors)
            var results: [String: Tensor] = [:]
            let time = try ContinuousClock().measure { results = try session.run(tensors) }
            try SafetensorsFile.write(results, to: output)
            if json {
                try Terminal.write(report(graph, backend.device, results, plan, time.seconds))
            } else {
                for (name, tensor) in results.sorted(by: { $0.key < $1.key }) {
                    Terminal.write("\(name)  \(tensor.dtype)\(tensor.shape)")
                }
                Terminal.log(
                    "\(plan.placements.count) kernels on \(backend.device.backend) (\(backend.device.line)), \((time.seconds * 1000).formatted(decimals: 2)) ms"
                )
            }
        }
    }

    private func readInputs(of graph: Graph) throws -> [String: Tensor] {
        guard !graph.inputs.isEmpty else { return [:] }
        guard let inputs else { throw ValidationError("the graph has inputs; name their file with --inputs") }
        let file = try SafetensorsFile(inputs)
        var tensors: [String: Tensor] = [:]
        for id in graph.inputs {
            let name = graph.values[id].name
            tensors[name] = try file.tensor(named: name)
        }
        return tensors
    }

    private func symbols() throws -> [String: Int] {
        var symbols: [String: Int] = [:]
        for text in symbol {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let size = Int(parts[1]), size >= 0 else {
                throw ValidationError("--symbol takes NAME=SIZE, found \"\(text)\"")
            }
            symbols[String(parts[0])] = size
        }
        return symbols
    }

    private func report(
        _ graph: Graph, _ device: DeviceDescription, _ results: [String: Tensor], _ plan: Plan, _ seconds: Double
    ) -> JSONValue {
        let outputs = results.sorted { $0.key < $1.key }.map { name, tensor in
            JSONValue.object([
                .init("name", .string(name)), .init("dtype", .string(tensor.dtype.rawValue)),
                .init("shape", .array(tensor.shape.map { .integer($0) }))
            ])
        }
        let placements = plan.placements.map { place in
            JSONValue.object([
                .init("node", .string(place.node)), .init("operation", .string(place.operation)),
                .init("backend", .string(place.backend)), .init("kernel", .string(place.kernel)),
                .init("reason", place.reason.map { .string($0) } ?? .null)
            ])
        }
        return .object([
            .init("version", .integer(1)), .init("graph", .string(graph.name)),
            .init("backend", .string(device.backend)),
            .init("device", device.json), .init("outputs", .array(outputs)), .init("placements", .array(placements)),
            .init("working_bytes", .integer(plan.workingByteCount)), .init("seconds", .number(seconds))
        ])
    }
}
