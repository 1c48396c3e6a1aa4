import AttendParity
import AttendRuntime
import Synchronization
import TestSupport

/// A fault of additions that shows only after another operation ran in the same process.
final class SequenceFault: PlantedFault {
    private let cause: String
    private let isPrimed = Mutex(false)

    init(after cause: String) { self.cause = cause }

    func concerns(_ request: KernelRequest) -> Bool { ["add", cause].contains(request.operation.name) }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard run.request.operation.name == "add" else { return isPrimed.withLock { $0 = true } }
        guard isPrimed.withLock({ $0 }), let right = try run.output(), var values = try? right.floats() else { return }
        values[0] += 1
        guard let wrong = try? Tensor(values, shape: right.shape) else { return }
        try run.write(wrong)
    }
}

/// A backend without kernels for some operations, which therefore run in parts.
final class WithoutOperations: ForwardingBackend {
    let base: any ComputeBackend
    private let names: Set<String>

    init(_ base: any ComputeBackend, _ names: Set<String>) { (self.base, self.names) = (base, names) }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard !names.contains(request.operation.name) else {
            throw UnsupportedOperation("no \(request.operation.name) here")
        }
        return try base.prepare(request)
    }
}
