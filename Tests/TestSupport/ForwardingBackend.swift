public import AttendRuntime

/// A backend that does as another, apart from the requirements that it implements itself.
public protocol ForwardingBackend: ComputeBackend {
    var base: any ComputeBackend { get }
}

extension ForwardingBackend {
    public var device: DeviceDescription { base.device }
    public func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }
    public func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }
    public func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        try base.prepare(request)
    }
    public func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        try base.pack(constant, layout: layout)
    }
    public func makeStream() throws(BackendError) -> any ComputeStream { try base.makeStream() }
}

/// A kernel that does as another, apart from the requirements that it implements itself.
public protocol ForwardingKernel: Kernel {
    var base: any Kernel { get }
}

extension ForwardingKernel {
    public var name: String { base.name }
    public var cost: KernelCost { base.cost }
    public var stridedInputs: Set<Int> { base.stridedInputs }
    public var overwritableInputs: Set<Int> { base.overwritableInputs }
    public func packing(ofInput index: Int) -> String? { base.packing(ofInput: index) }
    public func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        try base.makeInstance(on: stream)
    }
}
