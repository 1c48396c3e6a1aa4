import AttendRuntime

/// Faults of the errors that are due.
struct IndexErrorFault: ListedFault {
    let name: String
    let summary: String
    let extent = FaultExtent.run
    let operations: [String]
    let inputs = FaultyInputs.dense
    /// What is reported for an index and the size of its axis; nil for no error.
    let change: @Sendable (_ index: Int, _ size: Int) -> (index: Int, size: Int)?

    func reported(_ error: BackendError) -> BackendError? {
        error.changingIndex(change)
    }

    static let all: [any ListedFault] = [
        IndexErrorFault(
            name: "gather-clamps", summary: "an index outside is clamped, without an error",
            operations: ["gather", "embedding", "scatter_add"]
        ) { _, _ in nil },
        IndexErrorFault(
            name: "update-slice-clamps", summary: "a start outside is clamped, without an error",
            operations: ["update_slice"]
        ) { _, _ in nil },
        IndexErrorFault(
            name: "gather-error-low-word", summary: "the error names the low word of the index", operations: ["gather"]
        ) { (Int(Int32(truncatingIfNeeded: $0)), $1) },
        IndexErrorFault(
            name: "scatter-add-error-from-front", summary: "the error names a negative index counted from the front",
            operations: ["scatter_add"]
        ) { ($0 < 0 ? $0 &+ $1 : $0, $1) },
        IndexErrorFault(
            name: "update-slice-error-room", summary: "the error names the last valid start for the size",
            operations: ["update_slice"]
        ) { ($0, $1 - 1) }
    ]
}

extension BackendError {
    /// The error of an index outside of its axis with another index and size, nil for none; other errors unchanged.
    func changingIndex(_ change: (_ index: Int, _ size: Int) -> (index: Int, size: Int)?) -> BackendError? {
        guard case .indexOutOfRange(let backend, let operation, let index, let size, let instance) = self else {
            return self
        }
        return change(index, size).map {
            .indexOutOfRange(backend: backend, operation: operation, index: $0.index, size: $0.size, instance: instance)
        }
    }
}
