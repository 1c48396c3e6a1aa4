import AttendBackend
import SIMDKernelTypes

/// Element-by-element operations on 16-bit floats, some thousands of elements at a time, so that their float32 form stays
/// in the first-level cache.
struct WideningChunks {
    /// Elements of a chunk: the limit up to which kernels run on one thread.
    private static let size = HostEngine.elementGrain / 4

    private let request: KernelRequest
    private let engine: HostEngine
    private let sources: [Operand]
    private let output: Operand
    private let inputs: [NarrowOperand?]
    private let result: NarrowOperand?
    /// Whether an input has an element for each of the output's; others have one.
    private let isWhole: [Bool]

    /// Nil for other operations, and for operands that are neither dense nor one element.
    init?(_ request: KernelRequest, _ inputs: [NarrowOperand?], _ outputs: [NarrowOperand?], _ engine: HostEngine) {
        let sources = request.inputs.compactMap { $0 }
        guard WideningChunks.isElementwise(request), let output = request.outputs[0],
            sources.count == request.inputs.count
        else { return nil }
        isWhole = sources.map { $0.layout == Layout(dense: output.shape) }
        guard zip(sources, isWhole).allSatisfy({ $1 || $0.elementCount == 1 && $0.layout.offset == 0 }) else {
            return nil
        }
        (self.request, self.engine, self.sources, self.output) = (request, engine, sources, output)
        (self.inputs, result) = (inputs, outputs[0])
    }

    /// The kernel, by float32 kernels for a chunk and for the last one.
    ///
    /// - Throws: The error of `prepare`.
    func kernel(
        _ prepare: (KernelRequest) throws(UnsupportedOperation) -> HostKernel
    ) throws(UnsupportedOperation) -> HostKernel {
        let (total, size) = (output.elementCount, WideningChunks.size)
        let last = try prepare(part(total % size))
        let full = total < size ? last : try prepare(part(size))
        let kernel = HostKernel("\(full.name), widened", request) { operands in
            guard let target = operands.outputs[0] else { return }
            engine.parallel((total + size - 1) / size, grain: 4) { chunks in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: size * (sources.count + 1)) { scratch in
                    guard let base = scratch.baseAddress else { return }
                    for chunk in chunks {
                        let (start, count) = (chunk * size, min(size, total - chunk * size))
                        run(count == size ? full : last, operands, target, start, count, base)
                    }
                }
            }
        }
        let same = sources.indices.filter { isWhole[$0] && sources[$0].dtype == output.dtype }
        return kernel.overwriting(Set(same))
    }

    /// The request for a number of elements, in float32.
    private func part(_ count: Int) -> KernelRequest {
        func operand(_ whole: Operand, isNarrow: Bool, count: Int) -> Operand {
            Operand(dtype: isNarrow ? .float32 : whole.dtype, layout: Layout(dense: [count]))
        }
        return KernelRequest(
            operation: request.operation,
            inputs: sources.indices.map {
                operand(sources[$0], isNarrow: inputs[$0] != nil, count: isWhole[$0] ? count : 1)
            },
            outputs: [operand(output, isNarrow: result != nil, count: count)], composite: request.composite)
    }

    /// Runs a chunk's kernel on float32 forms in `scratch`.
    private func run(
        _ kernel: HostKernel, _ operands: HostOperands, _ target: UnsafeMutableRawPointer, _ start: Int, _ count: Int,
        _ scratch: UnsafeMutablePointer<Float>
    ) {
        let from = sources.indices.map { index -> UnsafeRawPointer? in
            let source = operands.inputs[index]! + (isWhole[index] ? start : 0) * sources[index].dtype.byteCount
            guard let input = inputs[index] else { return source }
            let wide = scratch + index * WideningChunks.size
            input.conversion.widen(source.assumingMemoryBound(to: UInt16.self), wide, isWhole[index] ? count : 1)
            return UnsafeRawPointer(wide)
        }
        let wide = scratch + sources.count * WideningChunks.size
        let to = target + start * output.dtype.byteCount
        do throws(BackendError) {
            try kernel.body(
                HostOperands(inputs: from, outputs: [result == nil ? to : UnsafeMutableRawPointer(wide)]))
        } catch {
            preconditionFailure("operations on single elements report no errors: \(error)")
        }
        result?.conversion.narrow(wide, to.assumingMemoryBound(to: UInt16.self), count)
    }

    private static func isElementwise(_ request: KernelRequest) -> Bool {
        if ActivationCall(request) != nil { return true }
        return switch request.operation.primitive?.family {
        case .arithmetic, .comparison, .unary: true
        case .logic, .other, nil: false
        }
    }
}
