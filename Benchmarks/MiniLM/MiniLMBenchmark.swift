import AttendModels
import AttendRegistry
import AttendRuntime
import Foundation

/// One side of a paired measurement: for each line on stdin, runs MiniLM once and prints the seconds.
/// `Benchmarks/minilm_vs_onnxruntime.py` holds the other side.
@main
struct MiniLMBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let batch = Int(arguments[3]), let tokens = Int(arguments[4]),
            let threads = Int(arguments[5])
        else {
            print("usage: minilm-benchmark MODEL BACKEND BATCH TOKENS THREADS")
            return
        }
        let graph = try LoadedModel(folder: arguments[1]).graph([.lastHiddenState])
        let shape = [batch, tokens]
        // The ids that the other side makes as well.
        let ids = (0..<(batch * tokens)).map { Int64(1000 + ($0 * 7919) % 28000) }
        let inputs = [
            "input_ids": try Tensor(ids, shape: shape), "token_type_ids": try Tensor(zeros: shape, dtype: .int64),
            "attention_mask": try Tensor(ids.map { _ in 1 as Int64 }, shape: shape)
        ]
        let (registry, options) = (BackendRegistry.builtIn, BackendOptions(threads: threads))
        let backend =
            arguments[2] == "auto"
            ? try registry.fastest(for: graph, inputs: inputs, options: options).backend
            : try registry.backend(named: arguments[2], options: options)
        let session = try Program(graph, on: backend).makeSession()
        // A line at a time, though stdout is a pipe.
        func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
        let first = try session.run(inputs)
        let values = try first["last_hidden_state"]!.floats()
        say("ready \(values[0]) \(values[values.count - 1])")
        let clock = ContinuousClock()
        while readLine() != nil {
            let time = try clock.measure { _ = try session.run(inputs) }
            say("\(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)")
        }
    }
}
