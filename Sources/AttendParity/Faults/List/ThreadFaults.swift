import AttendRuntime

/// A fault that changes the floating-point environment of the thread, with correct results.
struct ThreadFault: ListedFault {
    let name: String
    let summary: String
    let extent = FaultExtent.thread
    let operations: [String]
    /// The environment after the kernel.
    let environment: FloatingPointEnvironment

    func spoil(_ run: FaultyRun) throws(BackendError) {
        run.backend.noteAct()
        environment.apply()
    }

    static let all: [any ListedFault] = [
        ThreadFault(
            name: "multiply-leaves-rounding-down", summary: "the processor left in round-down mode",
            operations: ["multiply"], environment: .standard.with(roundingDown: true)),
        ThreadFault(
            name: "exp-leaves-flushing", summary: "the processor left flushing denormals to 0, as with -ffast-math",
            operations: ["exp"], environment: .standard.with(flushingDenormals: true))
    ]
}
