import ArgumentParser
import AttendPlugin
import AttendRegistry
import AttendRuntime

struct BenchCommand: HelpfulCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure products, attention and models on one or more backends.",
        usage: "attend bench <benchmark> [<options>]",
        discussion: """
            The time is that of the kernel alone, on random data, after a warm-up; several backends take turns of some \
            milliseconds. A linear layer's weight is a constant, packed before the measurement. Flops of causal and windowed \
            attention are those of the visible keys. The roofline is what the backend itself reaches in the same rounds: a \
            large product, and a sum over as many bytes.
            """)

    static let examples = [
        "attend bench attention --backend simd,openblas --shapes 1,12,12,128,128,64",
        "attend bench matmul --shapes 256,256,256 --json",
        "attend bench linear --shapes 16,384,1536 --seconds 0.1 --markdown"
    ]
    static let essentials = ["shapes", "backend", "threads", "json"]

    @Argument(
        help: "What to measure: matmul, linear, attention, read or model.",
        completion: .list(BenchShape.Kind.allCases.map(\.rawValue)),
        transform: Choice.parse("benchmark", as: BenchShape.Kind.self))
    var kind: BenchShape.Kind

    @Option(
        name: .long,
        help: """
            Sizes, as M,N,K, or ROWS,IN,OUT[,bits=B[,group=G]] of a linear layer, quantized with bits, or NUMBERS of a sum, or MODEL,BATCH,TOKENS of a model or \
            preset, or \
            BATCH,HEADS,KEY-VALUE-HEADS,QUERIES,KEYS,HEAD-DIMENSION[,causal][,window=W]. Repeatable. Default: usual ones.
            """)
    var shapes: [String] = []

    @Option(
        name: .long, help: "Backends by name; repeatable or comma-separated. Default: simd.",
        completion: .list(BackendRegistry.completions))
    var backend: [String] = []

    @Option(name: .long, help: "Data type: float32, float16 or bfloat16.", completion: .list(Choice.floatingPoint))
    var dtype = "float32"

    @Option(name: .long, help: "Number of threads. Default: one per processor.")
    var threads: Int?

    @Option(name: .long, help: "Time for each shape on each backend, from 0.001 to 600; at least 3 runs. Default: 0.5.")
    var seconds: Double = 0.5

    @Flag(
        name: .long,
        help: """
            Print one JSON object: version, device, results (shape, backend, dtype, kernel, seconds with minimum, median \
            and runs, gflops, gigabytes_per_second, roofline_share).
            """)
    var json = false

    @Flag(name: .long, help: "Print a Markdown table.")
    var markdown = false

    @OptionGroup(title: "Backends") var plugins: PluginChoice

    func validate() throws {
        _ = try Choice.floatingPoint(dtype)
        try Choice.checkThreads(threads)
        guard (0.001...600).contains(seconds) else {
            throw ValidationError("--seconds must be between 0.001 and 600, found \(seconds)")
        }
        if json, markdown { throw ValidationError("--json and --markdown are two forms of the table; choose one") }
        _ = try wanted()
    }

    private func wanted() throws -> [BenchShape] {
        try (shapes.isEmpty ? BenchShape.usual(kind) : shapes).map { try BenchShape(kind, parsing: $0) }
    }

    func run() throws {
        try Exit.reporting {
            LastWords.prepare()
            let names = backend.isEmpty ? [BackendRegistry.defaultName] : backend
            let made = try ParityBackends.make(named: names, threads: threads, plugins.registry()) { _ in }
            let progress = ProgressLine()
            let shapes = try wanted()
            let results = try KernelBench.results(
                shapes, Choice.floatingPoint(dtype), on: made.backends, seconds: seconds
            ) { index in
                progress.show("shape \(index + 1) of \(shapes.count), \(shapes[index].text)")
            } refused: { shape, name, reason in
                progress.clear()
                Terminal.log("attend: skipped: \(shape.text) on \(name): \(reason)")
            }
            progress.clear()
            let report = BenchReport(devices: made.backends.map(\.device), results: results)
            if json {
                try Terminal.write(report.json)
            } else {
                Terminal.write(markdown ? report.markdown : report.table)
            }
            // A backend with no result at all measured nothing.
            guard !results.isEmpty else { throw ExitCode(Exit.unavailable) }
        }
    }
}
