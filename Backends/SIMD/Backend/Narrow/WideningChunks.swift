import AttendBackend
import SIMDKernelTypes

/// Element-by-element operations on 16-bit floats, some thousands of elements at a time, so that their float32 form stays
/// in the first-level cache.
struct WideningChunks {
    /// Elements of a chunk: the limit up to which kernels run on one thread.
    private static let chunk = HostEngine.elementGrain / 4

    let kernel: HostKernel

    /// Nil for other operations, and for operands that are neither dense nor one element.
    init?(
        _ request: KernelRequest, _ inputs: [NarrowOperand?], _ outputs: [NarrowOperand?], _ engine: HostEngine,
        _ prepare: (KernelRequest) throws(UnsupportedOperation) -> HostKernel
    ) throws(UnsupportedOperation) {
        guard WideningChunks.isElementwise(request), let output = request.outputs[0], request.outputs.count == 1 else {
            return nil
        }
        let sources = request.inputs.compactMap { $0 }
        guard sources.count == request.inputs.count else { return nil }
        let isWhole = sources.map { $0.shape == output.shape && $0.layout.isDense && $0.layout.offset == 0 }
        guard zip(sources, isWhole).allSatisfy({ $1 || $0.elementCount == 1 && $0.layout.offset == 0 }) else {
            return nil
        }
        func part(_ count: Int) throws(UnsupportedOperation) -> HostKernel {
            func operand(_ whole: Operand, isNarrow: Bool, count: Int) -> Operand {
                Operand(dtype: isNarrow ? .float32 : whole.dtype, layout: Layout(dense: [count]))
            }
            let parts = sources.indices.map {
                operand(sources[$0], isNarrow: inputs[$0] != nil, count: isWhole[$0] ? count : 1)
            }
            return try prepare(
                KernelRequest(
                    operation: request.operation, inputs: parts,
                    outputs: [operand(output, isNarrow: outputs[0] != nil, count: count)],
                    composite: request.composite))
        }
        let (total, size) = (output.elementCount, WideningChunks.chunk)
        let (full, last) = (try part(size), total % size == 0 ? nil : try part(total % size))
        let result = outputs[0]
        let sizes = sources.map(\.dtype.byteCount)
        var kernel = HostKernel("\(full.name), widened", request) { operands throws(BackendError) in
            guard let target = operands.outputs[0] else { return }
            engine.parallel((total + size - 1) / size, grain: 4) { chunks in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: size * (sources.count + 1)) { scratch in
                    guard let base = scratch.baseAddress else { return }
                    for chunk in chunks {
                        let (start, count) = (chunk * size, min(size, total - chunk * size))
                        let from = sources.indices.map { index -> UnsafeRawPointer? in
                            let first = isWhole[index] ? start : 0
                            let source = operands.inputs[index]! + first * sizes[index]
                            guard let input = inputs[index] else { return source }
                            let wide = base + index * size
                            input.conversion.widen(
                                source.assumingMemoryBound(to: UInt16.self), wide, isWhole[index] ? count : 1)
                            return UnsafeRawPointer(wide)
                        }
                        let wide = base + sources.count * size
                        let to = target + start * output.dtype.byteCount
                        let places = HostOperands(
                            inputs: from, outputs: [result == nil ? to : UnsafeMutableRawPointer(wide)])
                        do throws(BackendError) {
                            try (count == size ? full : last ?? full).body(places)
                        } catch {
                            preconditionFailure("operations on single elements report no errors: \(error)")
                        }
                        result?.conversion.narrow(wide, to.assumingMemoryBound(to: UInt16.self), count)
                    }
                }
            }
        }
        let same = sources.indices.filter { isWhole[$0] && sources[$0].dtype == output.dtype }
        kernel = kernel.overwriting(Set(same))
        self.kernel = kernel
    }

    private static func isElementwise(_ request: KernelRequest) -> Bool {
        if ActivationCall(request) != nil { return true }
        return switch request.operation.primitive?.family {
        case .arithmetic, .comparison, .unary: true
        case .logic, .other, nil: false
        }
    }
}
