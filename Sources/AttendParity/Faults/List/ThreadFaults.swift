import AttendRuntime

/// What a kernel leaves behind in the thread that ran it, its own results being right.
struct ThreadFault: ListedFault {
    let name: String
    let summary: String
    let extent = FaultExtent.thread
    let operations: [String]
    /// As the kernel leaves it.
    let environment: FloatingPointEnvironment

    func spoil(_ run: FaultyRun) throws(BackendError) {
        run.backend.noteAct()
        environment.apply()
    }

    static let all: [any ListedFault] = [
        ThreadFault(
            name: "multiply-leaves-rounding-down", summary: "the processor is left rounding down",
            operations: ["multiply"], environment: .standard.with(roundingDown: true)),
        ThreadFault(
            name: "exp-leaves-flushing", summary: "the processor is left flushing denormals to 0, as of -ffast-math",
            operations: ["exp"], environment: .standard.with(flushingDenormals: true))
    ]
}
