internal import AttendBackend
internal import CAttendBackend

/// A plug-in's backend as a ``ComputeBackend``.
final class PluginBackend: ComputeBackend {
    private let core: PluginCore

    init(_ core: PluginCore) { self.core = core }

    var device: DeviceDescription { core.device }

    func storageByteCount(of dtype: DType) -> Int { core.elementSize(of: dtype) }

    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try PluginBuffer(byteCount: byteCount, core)
    }

    func makeStream() throws(BackendError) -> any ComputeStream { try PluginStream(core) }

    func pack(_ constant: Tensor, layout: String) throws(BackendError) -> any DeviceBuffer {
        guard let pack = core.functions.pack else {
            throw core.failure(
                "pack a constant", "its kernels request layout \"\(layout)\", but it has no pack function")
        }
        let arena = CArena()
        var handle: OpaquePointer?
        let error = constant.withBytes { bytes in
            bytes.withUnsafeBytes { data in
                let tensor = arena.one(
                    attend_tensor(
                        size: MemoryLayout<attend_tensor>.size, dtype: constant.dtype.code,
                        rank: Int32(constant.shape.count), shape: arena.array(constant.shape.map(Int64.init)),
                        data: data.baseAddress))
                return pack(core.handle, arena.string(layout), tensor, &handle)
            }
        }
        if let fault = PluginFault(taking: error) { throw fault.backendError(core.name, "pack a constant") }
        guard let handle else { throw core.failure("pack a constant", "it returned neither a buffer nor an error") }
        return PluginBuffer(handle, byteCount: constant.elementCount * core.elementSize(of: constant.dtype), core)
    }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        // Version 1.0 of the interface has one start; the host splits an update with several.
        if request.operation.primitive == .updateSlice, request.inputs.last.flatMap({ $0 })?.shape.count == 1 {
            throw UnsupportedOperation("the interface of plug-ins has one start for all rows")
        }
        return try PluginKernel(request, core)
    }
}
