public import AttendRuntime
import ReferenceBackend
import Synchronization

/// The reference kernels over ``Bounded``: a backend whose results are exact values with the error
/// that a backend under test may show at each element.
///
/// Primitives are replayed one by one. Composites that lose cancellation in such a replay (attention,
/// softmax, the norms) are claimed with an analysis of their own, see ``SharpComposite``.
final class BoundOracle: ComputeBackend {
    let base = Reference<Bounded>(name: "oracle")
    let model: RoundingModel
    /// What is done to results as they are copied out: one rounding more, of all that a backend computed as a whole.
    let storing: RoundingModel?
    var device: DeviceDescription { base.device }

    /// What was copied out so far, in that order: the session asks for a graph's outputs as they stand.
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

/// What is asked of a backend beyond its dtypes.
public struct RoundingModel: Sendable, Hashable {
    /// Every float32 result may have been rounded to this type: what an honest backend of less
    /// precision does. Cases then feed numbers that this type holds. nil, and float32, ask for float32.
    public var precision: DType?
    /// Numbers below the smallest normal one may be taken and given as 0.
    public var flushesDenormals: Bool

    public init(precision: DType? = nil, flushesDenormals: Bool = false) {
        self.precision = precision
        self.flushesDenormals = flushesDenormals
    }

    var narrow: DType? { precision == .float16 || precision == .bfloat16 ? precision : nil }
    /// The analyses of composites know float32 alone.
    var isSharp: Bool { narrow == nil }
    var roundsResults: Bool { narrow != nil || flushesDenormals }

    /// What becomes of a kernel's result of this type, or of an input.
    func applied(to number: Bounded, _ dtype: DType) -> Bounded {
        var number = number
        if flushesDenormals, number.value.isFinite, number.value.magnitude - number.bound < 0x1p-126 {
            number.bound += min(number.reach, 0x1p-126)
        }
        guard let narrow, dtype == .float32 else { return number }
        // A number that the narrow type holds already is left as it is.
        let rounded = number.value.rounded(to: narrow)
        if number.bound == 0, rounded == number.value || number.isNaN { return number }
        return Bounded(number.value, within: max(number.bound, 0x1p-149)).rounded(to: narrow)
    }

    /// What becomes of the result of a composite that was computed as a whole: in its own type, or in float32 between casts, whose
    /// result is rounded before it is cast.
    func applied(toWhole number: Bounded, _ dtype: DType) -> Bounded {
        guard let narrow, dtype != .float32 else { return applied(to: number, dtype) }
        let twice = applied(to: number, .float32).rounded(to: dtype)
        return dtype == narrow || twice.isNaN || twice.bound == .infinity || twice.value.isInfinite ? number : twice
    }
}

/// A primitive of the reference whose results are rounded once more.
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

/// Keeps what is copied out, with its bounds.
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
