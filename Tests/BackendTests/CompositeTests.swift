import AttendRuntime
import Testing

/// Products by constants, whole and in part, as plans pack them. Products, norms, activations and all other composites
/// by themselves are the parity kit's.
enum CompositeTests {
    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck("a product with a constant, packed or not") { backend in
            var numbers = SeededNumbers(70)
            let weight = numbers.tensor([65, 33])
            let inputs = ["x": numbers.tensor([2, 19, 33])]
            for turned in [true, false] {
                let stored = turned ? weight : numbers.tensor([33, 65])
                try OperationCase("matmul by a constant", inputs) {
                    try $0["x"]!.matmul($0["x"]!.graph.constant(stored), transposeRHS: turned)
                }.check(on: backend)
            }
            // Only part of the constant is used: it must not be packed whole.
            try OperationCase("matmul by a part of a constant", inputs) {
                try $0["x"]!.matmul(
                    $0["x"]!.graph.constant(weight).sliced(axis: 0, from: 0, to: 20), transposeRHS: true)
            }.check(on: backend)
            // One constant for two products that want it in two layouts.
            try OperationCase("a constant used both ways", ["x": numbers.tensor([7, 33]), "y": numbers.tensor([7, 65])])
            {
                let constant = try $0["x"]!.graph.constant(weight)
                let up = try $0["x"]!.matmul(constant, transposeRHS: true)
                return try (up + $0["y"]!).matmul(constant)
            }.check(on: backend)
        }
    }
}
