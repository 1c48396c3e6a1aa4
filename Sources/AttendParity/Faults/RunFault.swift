import AttendRuntime

/// A fault that acts after each correct run of a kernel, with the run's memory and stream.
struct RunFault: ListedFault {
    let name: String
    let summary: String
    let extent: FaultExtent
    let operations: [String]
    let inputs = FaultyInputs.dense
    let act: @Sendable (FaultyRun) throws(BackendError) -> Void

    init(
        name: String, summary: String, extent: FaultExtent, operations: [String],
        act: @escaping @Sendable (FaultyRun) throws(BackendError) -> Void
    ) {
        (self.name, self.summary, self.extent) = (name, summary, extent)
        (self.operations, self.act) = (operations, act)
    }

    func spoil(_ run: FaultyRun) throws(BackendError) { try act(run) }
}
