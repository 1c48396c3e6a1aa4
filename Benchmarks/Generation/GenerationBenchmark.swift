import AttendModels
import AttendRegistry
import AttendRuntime
import Foundation

/// Times of prompts and decode steps, beside a read of as many bytes as a step needs.
///
///     swift run -c release generation-benchmark MODEL BACKEND PROMPT NEW [DTYPE]
///
/// For each line of standard input, one round: a prompt of PROMPT random tokens, NEW greedy tokens, and reads. Each round is one
/// line of JSON: `prompt`, `steps` and `read`, in seconds.
@main
enum GenerationBenchmark {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count >= 5, let promptCount = Int(words[3]), let newCount = Int(words[4]) else {
            print("usage: generation-benchmark MODEL BACKEND PROMPT NEW [DTYPE]")
            exit(64)
        }
        let dtype = words.count > 5 ? DType(rawValue: words[5]) ?? .float32 : .float32
        let backend = try BackendRegistry.builtIn.backend(named: words[2])
        let model = try LoadedModel(folder: words[1], dtype: dtype)
        let program = try GenerationProgram(model, on: backend)
        let prompt = try Tensor(uniform: [promptCount], in: 1...1000, seed: 3).floats().map { Int($0) }
        // The first round reads the weights and plans.
        _ = try round(program, prompt, 2)
        // A step reads every weight once, and the cache as long as it is.
        let session = program.makeSession()
        _ = try session.append([prompt])
        let cache = try session.states().values.reduce(0) { $0 + $1.elementCount * $1.dtype.byteCount }
        let capacity = try session.states().values.first?.shape[2] ?? 1
        let weights = program.stepGraph.constants.reduce(0) { $0 + $1.content.byteCount }
        let count = weights + cache / capacity * (promptCount + newCount / 2)
        let read = try Program(reading(count / 4), on: backend, optimizer: .none).makeSession()
        _ = try read.run([:])
        while readLine() != nil {
            let (first, steps) = try round(program, prompt, newCount)
            let reads = try (0..<5).map { _ in try seconds { _ = try read.run([:]) } }
            print(
                "{\"prompt\": \(first), \"steps\": \(steps), \"read\": \(reads), \"bytes\": \(count)}")
            fflush(nil)
        }
    }

    private static func seconds(_ body: () throws -> Void) rethrows -> Double {
        let time = try ContinuousClock().measure(body)
        return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    }

    private static func round(
        _ program: GenerationProgram, _ prompt: [Int], _ count: Int
    ) throws -> (prompt: Double, steps: [Double]) {
        let session = program.makeSession()
        var logits: [Float] = []
        let first = try seconds { logits = try session.append([prompt], room: prompt.count + count)[0] }
        var steps: [Double] = []
        for _ in 0..<count {
            let next = logits.indices.max { logits[$0] < logits[$1] } ?? 0
            steps.append(try seconds { logits = try session.append([[next]])[0] })
        }
        return (first, steps)
    }

    private static func reading(_ count: Int) throws -> Graph {
        let builder = GraphBuilder("read")
        let x = try builder.constant(Tensor(uniform: [count], in: -1...1, seed: 1))
        try builder.output("sum", x.sum(axes: [0]))
        return try builder.build()
    }
}
