import AttendRuntime
import Foundation

/// The results of `attend bench`.
struct BenchReport {
    let devices: [DeviceDescription]
    let results: [KernelBench.Result]

    private static let titles = [
        "shape", "backend", "dtype", "minimum", "median", "runs", "GFLOP/s", "GB/s", "of the roofline"
    ]

    private var rows: [[String]] {
        results.map { result in
            [
                result.shape.text, result.backend, result.dtype.rawValue, BenchReport.time(result.minimum),
                BenchReport.time(result.median), "\(result.seconds.count)", Quantity.digits(result.gflops),
                Quantity.digits(result.gigabytesPerSecond),
                result.rooflineShare.map { Quantity.percent($0, of: 1) } ?? "–"
            ]
        }
    }

    /// A table for the terminal, under the devices.
    var table: String {
        var table = TextTable(left: [0, 1, 2])
        table.add(BenchReport.titles)
        for row in rows { table.add(row) }
        return (devices.map { "\($0)" } + [""] + table.lines()).joined(separator: "\n")
    }

    var markdown: String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
        let rule = BenchReport.titles.enumerated().map { $0.offset < 3 ? "---" : "---:" }
        return (devices.map { "- \($0)" } + ["", line(BenchReport.titles), line(rule)] + rows.map(line))
            .joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            .init("version", .integer(1)),
            .init("devices", .array(devices.map { .string("\($0)") })),
            .init(
                "results",
                .array(
                    results.map { result in
                        .object([
                            .init("shape", .string(result.shape.text)), .init("backend", .string(result.backend)),
                            .init("dtype", .string(result.dtype.rawValue)), .init("kernel", .string(result.kernel)),
                            .init(
                                "seconds",
                                .object([
                                    .init("minimum", .number(result.minimum)), .init("median", .number(result.median)),
                                    .init("runs", .integer(result.seconds.count))
                                ])),
                            .init("gflops", .number(result.gflops)),
                            .init("gigabytes_per_second", .number(result.gigabytesPerSecond)),
                            .init("roofline_share", result.rooflineShare.map { .number($0) } ?? .null)
                        ])
                    }))
        ])
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 1e-3
            ? String(format: "%.1f µs", seconds * 1e6)
            : seconds < 1 ? String(format: "%.2f ms", seconds * 1e3) : String(format: "%.2f s", seconds)
    }
}
