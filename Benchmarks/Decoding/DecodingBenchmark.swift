import AttendRegistry
import AttendRuntime
import Foundation

/// What 500 steps of a decoder take of memory, and whether the plan's report explains it.
///
///     swift run -c release decoding-benchmark [BACKEND]
///
/// Twelve blocks of attention of GPT-2's width with key/value caches that double, one token a step.
@main
enum DecodingBenchmark {
    private static let (layers, heads, width, steps) = (12, 12, 768, 500)

    static func main() throws {
        let name = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : BackendRegistry.defaultName
        let backend = try BackendRegistry.builtIn.backend(named: name)
        let tokens = try Tensor(uniform: [steps, width], in: -1...1, seed: 5).rows()
        let graph = try decoder(layers)
        // A driver's compiler and its kernels are not the plan's.
        _ = try Program(decoder(1), on: backend).makeSession(symbols: ["capacity": 1]).run(inputs(tokens[0], 0))
        let program = Program(graph, on: backend)
        let session = try program.makeSession(symbols: ["capacity": 1])
        // The weights as the host holds them stand before.
        let before = try residentByteCount()
        var worst = 0
        for (position, row) in tokens.enumerated() {
            try session.reserve("capacity", atLeast: position + 1)
            _ = try session.run(inputs(row, position))
            worst = max(worst, try residentByteCount())
        }
        let grown = try residentByteCount() - before
        let report = try session.plan(for: inputs(tokens[0], 0)).memory
        print("\(name): \(steps) steps, \(program.planCount) plans, capacity \(session.symbols["capacity"] ?? 0)")
        print("the report: \(report)")
        let expected = Double(report.byteCount + report.derivedByteCount)
        print(
            "resident: \(grown) bytes more than before the first step, \(rounded(Double(grown) / expected)) of the report; "
                + "at most \(worst - before) on the way")
    }

    private static func rounded(_ number: Double) -> Double { (number * 1000).rounded() / 1000 }

    private static func inputs(_ row: [Float], _ position: Int) throws -> [String: Tensor] {
        ["x": try Tensor(row, shape: [1, 1, width]), "position": Tensor(position)]
    }

    private static func decoder(_ layers: Int) throws -> Graph {
        let builder = GraphBuilder("decoder")
        let size = width / heads
        var x = try builder.input("x", .float32, [1, 1, Size(width)])
        let position = try builder.input("position", .int64, [])
        var options = AttentionOptions.causal
        options.queryOffset = position
        for layer in 0..<layers {
            func projected(_ value: Value, _ place: Int) throws -> Value {
                let weight = try Tensor(uniform: [width, width], in: -0.05...0.05, seed: 10 * layer + place)
                return try value.linear(weight: builder.constant(weight))
            }
            func split(_ value: Value) throws -> Value {
                try value.reshaped([1, 1, Size(heads), Size(size)]).transposed([0, 2, 1, 3])
            }
            func cached(_ name: String, _ value: Value) throws -> Value {
                let state = try builder.state("\(name) \(layer)", .float32, [1, Size(heads), "capacity", Size(size)])
                let longer = try state.updatingSlice(with: split(value), start: position, axis: 2)
                try builder.update(state, with: longer)
                return longer
            }
            let (keys, values) = (try cached("keys", projected(x, 1)), try cached("values", projected(x, 2)))
            let mixed = try split(projected(x, 0)).attention(key: keys, value: values, options: options).output
            x = try x + projected(mixed.transposed([0, 2, 1, 3]).reshaped([1, 1, Size(width)]), 3)
        }
        try builder.output("y", x)
        return try builder.build()
    }

    /// Of this process, by `/proc/self/statm`: Linux alone tells it so.
    private static func residentByteCount() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
