import AttendRuntime
import Synchronization

/// A backend that notes which kernels are requested.
final class RequestRecorder: ComputeBackend {
    private let base: any ComputeBackend
    private let noted = Mutex<[KernelRequest]>([])

    init(_ base: any ComputeBackend) { self.base = base }

    var requests: [KernelRequest] { noted.withLock { $0 } }
    var device: DeviceDescription { base.device }
    func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }
    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try base.pack(constant, layout: layout)
    }
    func makeStream() throws(BackendError) -> any ComputeStream { try base.makeStream() }
    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        noted.withLock { $0.append(request) }
        return try base.prepare(request)
    }
}
