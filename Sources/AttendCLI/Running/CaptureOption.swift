import ArgumentParser
import AttendRuntime

/// The values to capture in a model, and their file.
struct CaptureOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            A value inside the model to write to --output, such as layers.3.attention.pattern, \
            layers.3.attention.heads.7.delta or layers.*.hidden, where * matches one part of a name. Repeatable.
            """,
            valueName: "name"))
    var capture: [String] = []

    @Option(
        name: .long, help: "The safetensors file for captured values and for the outputs of --inputs.",
        completion: .file(extensions: ["safetensors"]))
    var output: String?

    @Flag(name: .long, help: "List the values that can be captured, and run nothing.")
    var listCaptures = false

    /// - Parameter hasOutputs: Whether the run has other results for the file.
    func check(hasOutputs: Bool) throws {
        if output == nil, !capture.isEmpty {
            throw ValidationError("--capture needs a safetensors file to write to; name it with --output")
        }
        if output == nil, hasOutputs, !listCaptures {
            throw ValidationError("--inputs needs a safetensors file for the outputs; name it with --output")
        }
        if output != nil, capture.isEmpty, !hasOutputs {
            throw ValidationError(
                "--output needs captured values; name some with --capture (see --list-captures)")
        }
    }

    /// Lists the captures of a graph.
    func list(_ graph: Graph, asJSON: Bool) throws {
        let names = graph.captureNames
        guard asJSON else { return Terminal.write(names.joined(separator: "\n")) }
        try Terminal.write(
            JSONValue.object([
                .init("version", .integer(1)), .init("captures", .array(names.map { .string($0) }))
            ]))
    }

    /// The names of the requested captures.
    ///
    /// - Throws: ``GraphError/unknownCapture(name:hint:known:)``.
    func names(in graph: Graph) throws(GraphError) -> [String] { try graph.captureNames(matching: capture) }

    /// Writes the captures of a run, and lists them on stdout.
    func write(_ results: [String: Tensor], names: [String], metadata: [String: String]) throws {
        guard let output else { return }
        let wanted = Set(names)
        let captures = results.filter { wanted.contains($0.key) }
        try SafetensorsFile.write(captures, metadata: metadata, to: output)
        for name in names {
            guard let tensor = captures[name] else { continue }
            Terminal.write(tensor.line(named: name))
        }
    }
}
