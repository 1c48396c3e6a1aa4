import AttendCore
import ReferenceBackend

/// The narrowest device that is allowed: none of its kernels takes strides, so the host must make every copy.
final class DenseOnlyBackend: ComputeBackend {
    private let inner = makeReference()
    let device = DeviceDescription(backend: "dense-only", name: "takes no strides", threads: 1)

    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try inner.makeBuffer(byteCount: byteCount)
    }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let inputs = request.inputs.map { input in
            input.map { Operand(dtype: $0.dtype, layout: Layout(dense: $0.layout.shape), isConstant: $0.isConstant) }
        }
        return DenseKernel(
            inner: try inner.prepare(
                KernelRequest(operation: request.operation, inputs: inputs, outputs: request.outputs)))
    }

    func makeStream() throws(BackendError) -> any ComputeStream { try inner.makeStream() }

    private struct DenseKernel: Kernel {
        let inner: any Kernel

        var name: String { inner.name }
        var cost: KernelCost { inner.cost }

        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            try inner.makeInstance(on: stream)
        }
    }
}
