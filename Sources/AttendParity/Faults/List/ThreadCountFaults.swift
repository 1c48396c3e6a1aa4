import AttendRuntime

/// Faults that act with some numbers of threads only: of the cases that ask for one.
enum ThreadCountFaults {
    static let all: [any ListedFault] = [
        fault(
            "matmul-rows-left-over-by-threads", "rows beyond a multiple of the number of threads are not computed",
            of: ["matmul", "linear"]
        ) { rows, threads in rows - rows % threads..<rows },
        fault(
            "softmax-second-part-of-three-lost", "with three threads the second one's rows are not computed",
            of: ["softmax", "log_softmax"]
        ) { rows, threads in threads == 3 ? rows / 3..<2 * (rows / 3) : 0..<0 },
        fault(
            "reduce-sum-without-the-last-thread", "with more than two threads the last one's part is lost",
            of: ["reduce_sum", "reduce_mean"]
        ) { rows, threads in threads > 2 ? rows - rows / threads..<rows : 0..<0 },
        fault(
            "add-second-half-needs-a-thread", "with one thread the rows of a second one are not computed", of: ["add"]
        ) { rows, threads in threads == 1 ? rows / 2..<rows : 0..<0 }
    ]

    /// - Parameter rows: The rows that are 0 in the result, for their number and that of threads.
    private static func fault(
        _ name: String, _ summary: String, of operations: [String],
        rows: @escaping @Sendable (_ rows: Int, _ threads: Int) -> Range<Int>
    ) -> RunFault {
        RunFault(name: name, summary: summary, extent: .row, operations: operations) { run throws(BackendError) in
            guard let threads = run.backend.threads, var tensor = try run.output(), tensor.elementCount > 0,
                tensor.dtype.isFloatingPoint
            else { return }
            let width = tensor.shape.last ?? 1
            let lost = rows(tensor.elementCount / width, threads)
            guard !lost.isEmpty, let floats = try? tensor.floats(), floats.contains(where: { $0 != 0 }) else { return }
            let zeros = Tensor(floats: [Float](repeating: 0, count: lost.count * width), dtype: tensor.dtype)
            tensor.replace(lost.lowerBound * width..<lost.upperBound * width, with: zeros, from: 0)
            try run.write(tensor)
        }
    }
}
