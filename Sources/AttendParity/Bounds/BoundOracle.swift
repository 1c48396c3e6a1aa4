public import AttendRuntime
import ReferenceBackend
import Synchronization

/// The oracle: the reference kernels over ``Bounded``, a backend whose results are exact values with an error bound for
/// each element.
///
/// Primitives are evaluated one by one. Composites for which that loses cancellation (attention, softmax, the norms)
/// have an analysis of their own, see ``SharpComposite``.
final class BoundOracle: ComputeBackend {
    let base = Reference<Bounded>(name: "oracle")
    let model: RoundingModel
    /// An additional rounding of results when they are copied out, for composites that a backend computes as a whole.
    let storing: RoundingModel?
    var device: DeviceDescription { base.device }

    /// The results copied out so far, in order: the session copies out a graph's outputs in their order.
    private let recorded = Mutex<[ExpectedTensor]>([])

    init(model: RoundingModel, storing: RoundingModel? = nil) { (self.model, self.storing) = (model, storing) }

    var results: [ExpectedTensor] { recorded.withLock { $0 } }
    func record(_ result: ExpectedTensor) { recorded.withLock { $0.append(result) } }

    func storageByteCount(of dtype: DType) -> Int { base.storageByteCount(of: dtype) }
    func makeBuffer(byteCount: Int) throws(BackendError) -> any DeviceBuffer {
        try base.makeBuffer(byteCount: byteCount)
    }

    func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
        if model.isSharp, let composite = SharpComposites.claim(request) {
            return SharpKernel(request: request, composite: composite, oracle: self)
        }
        let kernel = try base.prepare(request)
        return model.roundsResults ? RoundedKernel(base: kernel, request: request, oracle: self) : kernel
    }

    func makeStream() throws(BackendError) -> any ComputeStream { RecordingStream(self, try base.makeStream()) }
}

/// The precision required of a backend.
public struct RoundingModel: Sendable, Hashable {
    /// A type to which every float32 result may be rounded, for backends of lower precision. Inputs of cases are then
    /// representable in this type. Nil and float32 require float32.
    public var precision: DType?
    /// Whether subnormal numbers may be treated as 0, in inputs and results.
    public var flushesDenormals: Bool

    /// A rounding model; float32 with subnormal numbers by default.
    public init(precision: DType? = nil, flushesDenormals: Bool = false) {
        self.precision = precision
        self.flushesDenormals = flushesDenormals
    }

    var narrow: DType? { precision == .float16 || precision == .bfloat16 ? precision : nil }
    /// Whether the analyses of composites apply: they assume float32.
    var isSharp: Bool { narrow == nil }
    var roundsResults: Bool { narrow != nil || flushesDenormals }

    /// Widens the bound of a kernel's result of this type, or of an input, by the model's rounding.
    func applied(to number: Bounded, _ dtype: DType) -> Bounded {
        var number = number
        if flushesDenormals, number.value.isFinite, number.value.magnitude - number.bound < 0x1p-126 {
            number.bound += min(number.reach, 0x1p-126)
        }
        guard let narrow, dtype == .float32 else { return number }
        // A number that is representable in the narrow type is unchanged.
        let rounded = number.value.rounded(to: narrow)
        if number.bound == 0, rounded == number.value || number.isNaN { return number }
        return Bounded(number.value, within: max(number.bound, 0x1p-149)).rounded(to: narrow)
    }

    /// Widens the bound of the result of a composite computed as a whole: in its own type, or in float32 between casts,
    /// whose result is rounded before it is cast.
    func applied(toWhole number: Bounded, _ dtype: DType) -> Bounded {
        guard let narrow, dtype != .float32 else { return applied(to: number, dtype) }
        let twice = applied(to: number, .float32).rounded(to: dtype)
        return dtype == narrow || twice.isNaN || twice.bound == .infinity || twice.value.isInfinite ? number : twice
    }
}

/// A primitive of the reference with an additional rounding of its results.
private struct RoundedKernel: Kernel {
    let base: any Kernel
    let request: KernelRequest
    let oracle: BoundOracle

    var name: String { base.name }
    var cost: KernelCost { base.cost }

    func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
        Instance(kernel: self, base: try base.makeInstance(on: stream))
    }

    private final class Instance: KernelInstance {
        let kernel: RoundedKernel
        let base: any KernelInstance

        init(kernel: RoundedKernel, base: any KernelInstance) {
            self.kernel = kernel
            self.base = base
        }

        func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
            try base.run(inputs: inputs, outputs: outputs)
            guard let slice = outputs.first ?? nil, let output = kernel.request.outputs[0],
                output.dtype.isFloatingPoint
            else { return }
            let oracle = kernel.oracle
            let exact = try oracle.base.scalars(at: slice, dtype: output.dtype, count: output.elementCount)
            try oracle.base.write(
                exact.map { oracle.model.applied(to: $0, output.dtype) }, at: slice, dtype: output.dtype)
        }
    }
}

/// A stream that records the tensors copied out, with their bounds.
final class RecordingStream: ComputeStream {
    private let oracle: BoundOracle
    private let base: any ComputeStream

    init(_ oracle: BoundOracle, _ base: any ComputeStream) {
        self.oracle = oracle
        self.base = base
    }

    func copyIn(_ tensor: Tensor, to destination: BufferSlice) throws(BackendError) {
        try base.copyIn(tensor, to: destination)
        guard oracle.model.flushesDenormals, tensor.dtype.isFloatingPoint else { return }
        let exact = try oracle.base.scalars(at: destination, dtype: tensor.dtype, count: tensor.elementCount)
        try oracle.base.write(
            exact.map { oracle.model.applied(to: $0, tensor.dtype) }, at: destination, dtype: tensor.dtype)
    }

    func copyOut(_ source: BufferSlice, dtype: DType, shape: [Int]) throws(BackendError) -> Tensor {
        let tensor = try base.copyOut(source, dtype: dtype, shape: shape)
        var elements = ExpectedTensor.Elements.exact(tensor)
        if dtype.isFloatingPoint {
            let bounds = try oracle.base.scalars(at: source, dtype: dtype, count: tensor.elementCount)
            let stored = oracle.storing.map { model in bounds.map { model.applied(toWhole: $0, dtype) } }
            elements = .bounded(stored ?? bounds)
        }
        oracle.record(ExpectedTensor(dtype: dtype, shape: shape, elements: elements))
        return tensor
    }

    var unrecorded: any ComputeStream { base }

    func synchronize() throws(BackendError) { try base.synchronize() }
}
