import AttendCore

/// A backend that is another but for what it says itself.
protocol WrappingBackend: ComputeBackend {
    var base: any ComputeBackend { get }
}

extension WrappingBackend {
    var device: DeviceDescription { base.device }
    func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }
    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try base.pack(constant, layout: layout)
    }
    func makeStream() throws(BackendError) -> any ComputeStream { try base.makeStream() }
}
