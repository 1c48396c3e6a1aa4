import AttendRuntime
import ReferenceBackend
import TestSupport

/// The narrowest device that is allowed: none of its kernels takes strides, so the host must make every copy.
final class DenseOnlyBackend: ForwardingBackend {
    let base: any ComputeBackend = makeReference()
    let device = DeviceDescription(backend: "dense-only", name: "takes no strides", threads: 1)

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let inputs = request.inputs.map { input in
            input.map { Operand(dtype: $0.dtype, layout: Layout(dense: $0.layout.shape), isConstant: $0.isConstant) }
        }
        return DenseKernel(
            base: try base.prepare(
                KernelRequest(operation: request.operation, inputs: inputs, outputs: request.outputs)))
    }

    private struct DenseKernel: ForwardingKernel {
        let base: any Kernel
        let stridedInputs: Set<Int> = []
        let overwritableInputs: Set<Int> = []
    }
}
