import AttendRuntime
import Foundation
import Synchronization
import Testing

/// Graphs of any number of nodes, long or wide, of every kind that a pass looks at.
enum LargeGraph: String, CaseIterable, CustomTestStringConvertible {
    case sums, products, biases, chainedProducts, transposes, reshapes, views, casts, numbers, activations, norms
    case softmaxes, linears, residuals, slices, concatenations, wideConcatenation, emptyConcatenation, fan, outputs,
        constants
    case functions

    var testDescription: String { rawValue }

    /// About `count` nodes; the input is `x`.
    func graph(_ count: Int) throws -> Graph {
        let builder = GraphBuilder(rawValue)
        let x = try builder.input("x", .float32, [2, 2])
        var y = x
        switch self {
        case .sums: for _ in 0..<count { y = try y + x }
        case .products: for _ in 0..<count { y = try y * x }
        case .biases:
            let q = try x.reshaped([1, 1, 2, 2])
            var scores = try q.matmul(q, transposeRHS: true)
            for _ in 0..<count { scores = try scores + q }
            y = try scores.softmax().matmul(q)
        case .chainedProducts: for _ in 0..<count { y = try y.matmul(x) }
        case .transposes: for _ in 0..<count { y = try y.transposed([1, 0]) }
        case .reshapes: for index in 0..<count { y = try y.reshaped(index % 2 == 0 ? [4] : [2, 2]) }
        case .views:
            for index in 0..<count / 2 {
                y = try index % 2 == 0 ? y.sliced(axis: 0, from: -1, to: -3, step: -1) : y.transposed([1, 0])
                y = try y.stopGradient()
            }
        case .casts: for index in 0..<count { y = try y.cast(to: index % 2 == 0 ? .bfloat16 : .float32) }
        case .numbers:
            // A number that is broadcast again and again, and a sum with each.
            var number = try builder.scalar(0.5)
            for index in 0..<count / 2 {
                number = try number.reshaped(index % 2 == 0 ? [1] : [])
                y = try y + number
            }
        case .activations: for _ in 0..<count / 4 { y = try y * (1 / ((-y).exp() + 1)) }
        case .norms:
            for _ in 0..<count / 5 {
                let mean = try (y * y).mean(axes: [-1], keepDimensions: true)
                y = try y * (mean + 1e-6).reciprocalSqrt()
            }
        case .softmaxes: for _ in 0..<count / 5 { y = try y.softmax() }
        case .linears:
            let weight = try builder.constant(Tensor([0.5, 0.25, 0.125, 0.5], shape: [2, 2]))
            // All of one input, and no two of them alike.
            for _ in 0..<count / 2 { y = try y + x.linear(weight: weight, bias: y.max(axes: [0])) }
        case .residuals:
            let weight = try builder.constant(Tensor([0.5, 0.25, 0.125, 0.5], shape: [2, 2]))
            for _ in 0..<count / 3 { y = try y + y.linear(weight: weight).relu() }
        case .slices:
            var rows: [Value] = []
            for index in 0..<count / 2 {
                rows.append(try y.sliced(axis: 0, from: Size(index % 2), to: Size(index % 2 + 1)).exp())
            }
            y = try builder.concatenate(rows, axis: 0)
        case .concatenations:
            var parts = Array(repeating: x, count: count)
            while parts.count > 1 {
                parts = try stride(from: 0, to: parts.count, by: 2).map { index in
                    let pair = Array(parts[index..<min(index + 2, parts.count)])
                    // The same few rows of each, so that values stay small.
                    return try builder.concatenate(pair, axis: 0).sliced(axis: 0, from: 0, to: 2)
                }
            }
            y = parts[0]
        case .wideConcatenation:
            let shifted = try (0..<count).map { try x + Double($0 % 7) }
            y = try builder.concatenate(shifted, axis: 0)
        case .emptyConcatenation:
            let empty = try (0..<count).map { try (x + Double($0 % 7)).sliced(axis: 0, from: 0, to: 0) }
            y = try builder.concatenate(empty + [x], axis: 0)
        case .fan:
            var sum: Value?
            var parts: [Value] = []
            for index in 0..<count { parts.append(try x * Double(index)) }
            for part in parts { sum = try sum.map { try $0 + part } ?? part }
            y = sum ?? x
        case .outputs: for index in 0..<count { try builder.output("y\(index)", x * Double(index)) }
        case .constants:
            for index in 0..<count / 2 {
                let table = try builder.constant(Tensor([Float(index), 1, 2, 3], shape: [2, 2]))
                y = try y + table.exp()
            }
        case .functions:
            for index in 0..<count / 100 {
                let function = GraphFunction(
                    "f\(index)", inputs: ["a"],
                    nodes: [.init(name: "b", operation: Operation("add"), inputs: ["lhs": ["a"], "rhs": ["a"]])],
                    outputs: [("b", "b")])
                y = try builder.apply(function, inputs: ["a": y])[0] * 0.5
            }
        }
        if self != .outputs { try builder.output("y", y) }
        return try builder.build()
    }
}

/// On a thread of this many bytes of stack, as secondary threads have elsewhere.
func onStack<Result: Sendable>(of byteCount: Int, _ body: @escaping @Sendable () throws -> Result) throws -> Result {
    let done = DispatchSemaphore(value: 0)
    let box = Box<Result>()
    let thread = Thread {
        let result = Swift.Result { try body() }
        box.outcome.withLock { $0 = result }
        done.signal()
    }
    thread.stackSize = byteCount
    thread.start()
    done.wait()
    return try #require(box.outcome.withLock { $0 }).get()
}

private final class Box<Content: Sendable>: Sendable {
    let outcome = Mutex<Result<Content, any Error>?>(nil)
}

/// Seconds of this thread on a processor, so that neighbors on the machine do not count.
func threadSeconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    let start = now()
    try body()
    return now() - start
}
