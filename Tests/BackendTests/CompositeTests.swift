import AttendCore
import Testing

/// Products and composites against the oracle, which runs every composite by its decomposition.
enum CompositeTests {
    private static let products: [([Int], [Int], Bool, Bool)] = [
        ([1, 1], [1, 1], false, false), ([3, 4], [4, 5], false, false), ([0, 4], [4, 5], false, false),
        ([3, 0], [0, 5], false, false), ([17, 33], [33, 65], false, false), ([33, 17], [33, 65], true, false),
        ([17, 33], [65, 33], false, true), ([33, 17], [65, 33], true, true), ([2, 3, 7, 9], [3, 9, 5], false, false),
        ([2, 1, 7, 9], [1, 3, 5, 9], false, true), ([130, 520], [520, 70], false, false),
        ([5, 1100], [1100, 3], false, false),
        ([64, 12], [12, 64], false, false), ([13, 31], [31, 33], false, false), ([1, 300], [300, 400], false, false)
    ]

    private static let shapes = [[1], [17], [3, 1], [5, 33], [2, 3, 128], [4, 0], [0, 4], [3, 1025]]

    @BackendChecks static var checks: [BackendCheck] {
        BackendCheck.each("matrix products", 0..<products.count) { backend, index in
            let (left, right, leftTurned, rightTurned) = products[index]
            var numbers = SeededNumbers(UInt64(index) + 50)
            let inputs = ["a": numbers.tensor(left), "b": numbers.tensor(right)]
            let inner = leftTurned ? left[left.count - 2] : left[left.count - 1]
            @Sendable func product(_ a: Value, _ b: Value) throws -> Value {
                try a.matmul(b, transposeLHS: leftTurned, transposeRHS: rightTurned)
            }
            try OperationCase("matmul\(left)\(right)", inputs, .exact) { try product($0["a"]!, $0["b"]!) }
                .bounded(terms: inner) { try product($0["a"]!.absolute(), $0["b"]!.absolute()) }
                .check(on: backend)
        }

        BackendCheck("a product with a constant, packed or not") { backend in
            var numbers = SeededNumbers(70)
            let weight = numbers.tensor([65, 33])
            let inputs = ["x": numbers.tensor([2, 19, 33])]
            for turned in [true, false] {
                let stored = turned ? weight : numbers.tensor([33, 65])
                try OperationCase("matmul by a constant", inputs, .exact) {
                    try $0["x"]!.matmul($0["x"]!.graph.constant(stored), transposeRHS: turned)
                }.bounded(terms: 33) {
                    try $0["x"]!.absolute().matmul($0["x"]!.graph.constant(stored).absolute(), transposeRHS: turned)
                }.check(on: backend)
            }
            // Only part of the constant is used: it must not be packed whole.
            try OperationCase("matmul by a part of a constant", inputs, .exact) {
                try $0["x"]!.matmul(
                    $0["x"]!.graph.constant(weight).sliced(axis: 0, from: 0, to: 20), transposeRHS: true)
            }.bounded(terms: 33) {
                try $0["x"]!.absolute().matmul(
                    $0["x"]!.graph.constant(weight).sliced(axis: 0, from: 0, to: 20).absolute(), transposeRHS: true)
            }.check(on: backend)
        }

        BackendCheck.each("linear", [[33], [7, 33], [2, 3, 33], [0, 33]]) { backend, shape in
            var numbers = SeededNumbers(71)
            let inputs = ["x": numbers.tensor(shape), "w": numbers.tensor([17, 33]), "b": numbers.tensor([17])]
            for biased in [true, false] {
                try OperationCase("linear\(shape)", inputs, .exact) {
                    try $0["x"]!.linear(weight: $0["w"]!, bias: biased ? $0["b"]! : nil)
                }.bounded(terms: 34) {
                    try $0["x"]!.absolute().linear(
                        weight: $0["w"]!.absolute(), bias: biased ? $0["b"]!.absolute() : nil)
                }.check(on: backend)
            }
        }

        // Softmax: exp to 3 ulps of an argument rounded once, a sum of n positive terms, a quotient.
        BackendCheck.each("softmax and its logarithm", shapes) { backend, shape in
            var numbers = SeededNumbers(72)
            let width = Float(shape.last ?? 1)
            for range in [-2...2, -60...60] as [ClosedRange<Float>] {
                let inputs = ["x": numbers.tensor(shape, range)]
                for axis in [-1, 0] {
                    try OperationCase("softmax\(shape) axis \(axis)", inputs, .roundingOfLargest(width + 130)) {
                        try $0["x"]!.softmax(axis: axis)
                    }.check(on: backend)
                    try OperationCase("log_softmax\(shape) axis \(axis)", inputs, .roundingOfLargest(width + 20)) {
                        try $0["x"]!.logSoftmax(axis: axis)
                    }.check(on: backend)
                }
            }
        }

        BackendCheck.each("norms", shapes) { backend, shape in
            var numbers = SeededNumbers(73)
            let row = [shape.last ?? 1]
            let inputs = ["x": numbers.tensor(shape), "s": numbers.tensor(row), "b": numbers.tensor(row)]
            let width = Float(row[0])
            for parts in 0..<3 {
                // One element alone has no variance: what is left of it is divided by √ε, at most 1000-fold here.
                let tolerance = Tolerance.roundingOfLargest(width + 40)
                try OperationCase("layer_norm\(shape) \(parts)", inputs, tolerance) {
                    try $0["x"]!.layerNorm(scale: parts > 0 ? $0["s"]! : nil, bias: parts > 1 ? $0["b"]! : nil)
                }.check(on: backend)
                try OperationCase("rms_norm\(shape) \(parts)", inputs, tolerance) {
                    try $0["x"]!.rmsNorm(scale: parts > 0 ? $0["s"]! : nil)
                }.check(on: backend)
            }
            if shape.count > 1 {
                try OperationCase(
                    "layer_norm over all axes \(shape)", inputs, .roundingOfLargest(Float(shape.reduce(1, *)) + 40)
                ) {
                    try $0["x"]!.layerNorm(scale: nil, bias: nil, axis: 0)
                }.check(on: backend)
            }
        }

        BackendCheck.each("activations", shapes) { backend, shape in
            var numbers = SeededNumbers(74)
            let inputs = ["x": numbers.tensor(shape, -6...6)]
            let tolerance = Tolerance.roundingOfLargest(12)
            // 1 + erf cancels where x is negative: what is left is exact to a few roundings of x itself.
            try OperationCase("gelu", inputs, .exact) { try $0["x"]!.gelu() }
                .bounded(terms: 6) { try $0["x"]!.absolute() }.check(on: backend)
            try OperationCase("gelu tanh", inputs, .exact) { try $0["x"]!.gelu(approximation: "tanh") }
                .bounded(terms: 6) { try $0["x"]!.absolute() }.check(on: backend)
            try OperationCase("relu", inputs, .exact) { try $0["x"]!.relu() }.check(on: backend)
            try OperationCase("silu", inputs, tolerance) { try $0["x"]!.silu() }.check(on: backend)
            try OperationCase("sigmoid", inputs, tolerance) { try $0["x"]!.sigmoid() }.check(on: backend)
        }

        BackendCheck("means, embeddings, rotations and convolutions") { backend in
            var numbers = SeededNumbers(75)
            let x = [
                "x": numbers.tensor([2, 3, 5, 8]), "c": numbers.tensor([2, 5, 4], -1...1),
                "s": numbers.tensor([2, 5, 4], -1...1)
            ]
            for axes in [[0], [1, 3], [3]] {
                try OperationCase("reduce_mean\(axes)", x, .roundingOfLargest(64)) { try $0["x"]!.mean(axes: axes) }
                    .check(
                        on: backend)
            }
            for interleaved in [false, true] {
                try OperationCase("rotary interleaved: \(interleaved)", x, .roundingOfLargest(6)) {
                    try $0["x"]!.graph.apply(
                        "rotary_embedding", inputs: ["input": $0["x"]!, "cos": $0["c"]!, "sin": $0["s"]!],
                        attributes: ["interleaved": .bool(interleaved)])[0]
                }.check(on: backend)
            }
            let table = ["t": numbers.tensor([9, 4]), "i": numbers.integers([2, 5], 0..<9)]
            try OperationCase("embedding", table, .exact) { try $0["t"]!.embedding($0["i"]!) }.check(on: backend)
            let signal = ["x": numbers.tensor([2, 4, 11]), "w": numbers.tensor([6, 2, 3]), "b": numbers.tensor([6])]
            for (stride, dilation) in [(1, 1), (2, 1), (1, 2), (3, 2)] {
                try OperationCase(
                    "convolution_1d stride \(stride) dilation \(dilation)", signal, .roundingOfLargest(16)
                ) {
                    try $0["x"]!.graph.apply(
                        "convolution_1d", inputs: ["input": $0["x"]!, "weight": $0["w"]!, "bias": $0["b"]!],
                        attributes: [
                            "stride": .integer(stride), "dilation": .integer(dilation), "groups": .integer(2),
                            "padding": .integers([2, 1])
                        ])[0]
                }.check(on: backend)
            }
        }
    }
}
