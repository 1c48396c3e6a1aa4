import AttendRuntime

/// A fault of results without elements, as of a loop that divides by a size: the run is an error.
struct EmptyViewFault: ListedFault {
    let name = "view-of-nothing-fails"
    let summary = "a result with several axes and no elements is an error of the run"
    let extent = FaultExtent.run
    let operations = ["transpose", "slice"]

    func concerns(_ request: KernelRequest) -> Bool {
        guard operations.contains(request.operation.name), let output = request.outputs[0] else { return false }
        return output.shape.count > 1 && output.elementCount == 0
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        run.backend.noteAct()
        throw .failed(backend: run.backend.device.backend, action: "copy", reason: "a division by zero")
    }
}

/// Faults of axes without elements.
enum EmptyFaults {
    static let all: [any ListedFault] = [
        EmptyViewFault(),
        HostFault(
            "reduce-sum-of-nothing", "the result not written where the axes have no elements", .element,
            of: ["reduce_sum", "reduce_mean"]
        ) { call in
            guard call.request.inputs[0]?.elementCount == 0, let before = call.before[0], before.elementCount > 0 else {
                return
            }
            call.replace(0..<1, with: before)
        }
    ]
}
