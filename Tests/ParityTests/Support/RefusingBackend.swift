import AttendParity
import AttendRuntime
import Synchronization
import TestSupport

/// Knows no additions, or none of 16-bit floats, and says so in one way or another.
final class RefusingBackend: ForwardingBackend {
    enum Manner {
        case honest, silent, fickle, unruly
        /// Adds numbers of 32 bits and more.
        case wide
        /// Takes them, and throws when they are to be run.
        case boasting
    }

    let base: any ComputeBackend
    private let manner: Manner
    private let asked = Mutex(0)

    init(_ base: any ComputeBackend, _ manner: Manner) { (self.base, self.manner) = (base, manner) }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard request.operation.name == "add" else { return try base.prepare(request) }
        let count = asked.withLock { count in
            count += 1
            return count
        }
        switch manner {
        case .honest: throw UnsupportedOperation("no additions here")
        case .wide:
            if let dtype = request.inputs[0]?.dtype, dtype.byteCount < 4 {
                throw UnsupportedOperation("no additions of \(dtype)")
            }
            return try base.prepare(request)
        case .silent: throw UnsupportedOperation(" ")
        case .unruly: throw UnsupportedOperation("it gave neither a kernel nor a reason", isFault: true)
        case .fickle:
            guard count.isMultiple(of: 2) else { throw UnsupportedOperation("not now") }
            return try base.prepare(request)
        case .boasting: return BoastingKernel(base: try base.prepare(request), backend: device.backend)
        }
    }
}

private struct BoastingKernel: ForwardingKernel {
    let base: any Kernel
    let backend: String

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        throw .failed(backend: backend, action: "run \(name)", reason: "no float32 here")
    }
}
