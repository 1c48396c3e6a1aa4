package import AttendRuntime
private import Synchronization

/// A backend without computation or memory, for counting: planning a graph on it records every attention with its
/// concrete shapes, and the cost of every matrix product.
///
/// Composite operations that other backends fuse are supported whole, so that their inner values take no memory.
package final class CountingDevice: ComputeBackend {
    package let device = DeviceDescription(backend: "count", name: "operation counter", threads: 1)
    private let seen = Mutex<[AttentionCall]>([])

    package init() {}

    /// Returns the attentions planned since the last call, and clears them.
    package func takeAttentions() -> [AttentionCall] {
        seen.withLock { attentions in
            defer { attentions = [] }
            return attentions
        }
    }

    package func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        guard request.operation.primitive != nil || request.operation.facts.isWhole else {
            throw UnsupportedOperation("counted by its decomposition")
        }
        if let call = AttentionCall(request) { seen.withLock { $0.append(call) } }
        return CountedKernel(request)
    }

    package func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer { throw refusal }
    package func makeStream() throws(BackendError) -> any ComputeStream { throw refusal }

    private var refusal: BackendError {
        .failed(backend: device.backend, action: "run a graph", reason: "this device only counts operations")
    }
}

/// An operation and the floating-point operations of its products, two per multiply-add. Elementwise work is left out:
/// at the sizes of models it is about a hundredth.
private struct CountedKernel: Kernel {
    let name: String
    let cost: KernelCost
    let stridedInputs: Set<Int>
    let overwritableInputs: Set<Int>

    init(_ request: KernelRequest) {
        name = request.operation.name
        let (inputs, output) = (request.inputs, request.outputs.first ?? nil)
        let operands = inputs.compactMap(\.self) + request.outputs.compactMap(\.self)
        cost = KernelCost(
            flops: request.operation.facts.flops(request),
            bytes: operands.reduce(0) { $0 + Double($1.elementCount) * Double($1.dtype.byteCount) })
        stridedInputs = Set(inputs.indices)
        // As in real backends: elementwise operations may overwrite an operand.
        let isElementwise = request.operation.primitive.map { $0.family != .other } ?? false
        overwritableInputs = Set(
            inputs.indices.filter { isElementwise && inputs[$0]?.elementCount == output?.elementCount })
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        throw .failed(backend: "count", action: "run \(name)", reason: "this device only counts operations")
    }
}
