import AttendModels
import AttendRegistry
import AttendRuntime
import Foundation

/// One side of a paired measurement: for each line on stdin, runs once and prints the seconds. The scripts
/// `Benchmarks/minilm_vs_onnxruntime.py` and `Benchmarks/sentences.py` hold the other side.
@main
struct MiniLMBenchmark {
    private static let usage = """
        usage: minilm-benchmark MODEL BACKEND BATCH TOKENS THREADS
               minilm-benchmark MODEL BACKEND sentences FILE THREADS
               minilm-benchmark MODEL tokenizer FILE
        """

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 4, arguments[2] == "tokenizer" {
            return try tokenize(arguments[1], lines(of: arguments[3]))
        }
        guard arguments.count == 6, let threads = Int(arguments[5]) else { return print(usage) }
        let options = BackendOptions(threads: threads)
        if arguments[3] == "sentences" {
            return try embed(arguments[1], lines(of: arguments[4]), arguments[2], options)
        }
        guard let batch = Int(arguments[3]), let tokens = Int(arguments[4]) else { return print(usage) }
        try run(arguments[1], [batch, tokens], arguments[2], options)
    }

    // MARK: What is measured

    /// The transformer on ids of one shape.
    private static func run(_ folder: String, _ shape: [Int], _ name: String, _ options: BackendOptions) throws {
        let graph = try LoadedModel(folder: folder).graph([.lastHiddenState])
        // The ids that the other side makes as well.
        let ids = (0..<(shape[0] * shape[1])).map { Int64(1000 + ($0 * 7919) % 28000) }
        let inputs = [
            "input_ids": try Tensor(ids, shape: shape), "token_type_ids": try Tensor(zeros: shape, dtype: .int64),
            "attention_mask": try Tensor(ids.map { _ in 1 as Int64 }, shape: shape)
        ]
        let registry = BackendRegistry.builtIn
        let backend =
            name == "auto"
            ? try registry.fastest(for: graph, inputs: inputs, options: options).backend
            : try registry.backend(named: name, options: options)
        let session = try Program(graph, on: backend).makeSession()
        let values = try session.run(inputs)["last_hidden_state"]?.floats() ?? []
        say("ready \(values.first ?? .nan) \(values.last ?? .nan)")
        try measure { _ = try session.run(inputs) }
    }

    /// Texts to embeddings: tokenizer, batches and model.
    private static func embed(
        _ folder: String, _ texts: [String], _ name: String, _ options: BackendOptions
    ) throws {
        let model = try SentenceModel(folder: folder)
        let backend = try BackendRegistry.builtIn.backend(named: name, options: options)
        let session = try Program(model.graph, on: backend).makeSession()
        let rows = try model.embeddings(Array(texts.prefix(8)), session: session).rows()
        say("ready " + rows.map { "\($0[0])" }.joined(separator: " "))
        try measure { _ = try model.embeddings(texts, session: session) }
    }

    /// Texts to ids, on one thread.
    private static func tokenize(_ folder: String, _ texts: [String]) throws {
        let tokenizer = try TextTokenizer(model: folder)
        say("ready \(texts.reduce(0) { $0 + tokenizer.encode($1).ids.count })")
        try measure { for text in texts { _ = tokenizer.encode(text) } }
    }

    // MARK: Input and output

    private static func lines(of path: String) throws -> [String] {
        String(decoding: try InputFile.contents(of: path), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Writes a line at once, though stdout is a pipe.
    private static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    private static func measure(_ body: () throws -> Void) throws {
        let clock = ContinuousClock()
        while readLine() != nil {
            let time = try clock.measure(body)
            say("\(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)")
        }
    }
}
