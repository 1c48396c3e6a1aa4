import AttendRuntime
import ReferenceBackend

/// How fast the specification runs: if its generic code were not compiled for `Float` and `Double`,
/// tests would take minutes. Prints the best and the median of 15 products of 256 × 256 matrices.
@main
struct ReferenceBenchmark {
    static func main() throws {
        let builder = GraphBuilder("product")
        let left = try builder.input("left", .float32, [256, 256])
        let right = try builder.input("right", .float32, [256, 256])
        try builder.output("product", left.matmul(right))
        let graph = try builder.build()
        let inputs = [
            "left": try Tensor(uniform: [256, 256], in: -1...1, seed: 1),
            "right": try Tensor(uniform: [256, 256], in: -1...1, seed: 2)
        ]
        for backend in [makeReference(), makeOracle()] {
            let session = try Program(graph, on: backend).makeSession()
            var rates: [Double] = []
            for _ in 0..<15 {
                let time = try ContinuousClock().measure { _ = try session.run(inputs) }
                let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
                rates.append(2 * 256 * 256 * 256 / seconds / 1e9)
            }
            rates.sort()
            print("\(backend.device.backend): best \(rates[14]) GFLOP/s, median \(rates[7]) GFLOP/s, copies included")
        }
    }
}
