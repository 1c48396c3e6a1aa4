package import AttendCore
private import Synchronization

/// A device that computes nothing and owns no memory: it says what a plan would take. Planning a graph on it shows every matrix
/// product and every attention with its concrete shapes.
///
/// It takes whole what other backends fuse, so that values inside of these operations take no memory.
package final class CountingDevice: ComputeBackend {
    package let device = DeviceDescription(backend: "count", name: "counts and computes nothing", threads: 1)
    private let seen = Mutex<[Attention]>([])

    /// One attention of the plan.
    package struct Attention: Sendable, Hashable {
        package var batch: Int
        package var queryHeads: Int
        package var keyValueHeads: Int
        package var queries: Int
        package var keys: Int
        package var headDimension: Int
        package var valueDimension: Int
    }

    package init() {}

    /// The attentions that were planned since this was asked last.
    package func takeAttentions() -> [Attention] {
        seen.withLock { attentions in
            defer { attentions = [] }
            return attentions
        }
    }

    private static let whole: Set<String> = [
        "attention.v1", "linear.v1", "fused_linear.v1", "softmax.v1", "log_softmax.v1", "layer_norm.v1", "rms_norm.v1",
        "gelu.v1",
        "relu.v1", "silu.v1", "sigmoid.v1", "embedding.v1", "rotary_embedding.v1"
    ]

    package func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        let name = request.operation.versionedName
        guard request.operation.primitive != nil || CountingDevice.whole.contains(name) else {
            throw UnsupportedOperation("its parts are counted")
        }
        if name == "attention.v1" {
            guard let query = request.inputs[0], let key = request.inputs[1], let value = request.inputs[2] else {
                throw UnsupportedOperation("attention needs query, key and value")
            }
            let attention = Attention(
                batch: query.shape[0], queryHeads: query.shape[1], keyValueHeads: key.shape[1],
                queries: query.shape[2], keys: key.shape[2], headDimension: query.shape[3],
                valueDimension: value.shape[3])
            seen.withLock { $0.append(attention) }
        }
        return CountedKernel(request)
    }

    package func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer { throw refusal }
    package func makeStream() throws(BackendError) -> any ComputeStream { throw refusal }

    private var refusal: BackendError {
        .failed(backend: device.backend, action: "run a graph", reason: "it only counts")
    }
}

/// An operation and the multiply-adds of its products, each counted as two. What is done element by element is left out: at the
/// sizes of models it is a hundredth.
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
            flops: CountedKernel.flops(request),
            bytes: operands.reduce(0) { $0 + Double($1.elementCount) * Double($1.dtype.byteCount) })
        stridedInputs = Set(inputs.indices)
        // As in real backends: element by element an operand may be written over.
        let isElementwise = request.operation.primitive.map { $0.family != .other } ?? false
        overwritableInputs = Set(
            inputs.indices.filter { isElementwise && inputs[$0]?.elementCount == output?.elementCount })
    }

    private static func flops(_ request: KernelRequest) -> Double {
        func shape(_ index: Int) -> [Double] { (request.inputs[index]?.shape ?? []).map(Double.init) }
        let written = Double((request.outputs.first ?? nil)?.elementCount ?? 0)
        switch request.operation.versionedName {
        case "matmul.v1":
            let left = shape(0)
            return 2 * written * left[left.count - (request.attributes.bool("transpose_lhs") ? 2 : 1)]
        case "linear.v1", "fused_linear.v1": return 2 * written * (shape(0).last ?? 0)
        case "attention.v1":
            let (query, key, value) = (shape(0), shape(1), shape(2))
            return 2 * query[0] * query[1] * query[2] * key[2] * (query[3] + value[3])
        default: return 0
        }
    }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        throw .failed(backend: "count", action: "run \(name)", reason: "it only counts")
    }
}
