import AttendBackend
import SIMDKernelTypes

/// Kernels on 16-bit floats by those on float32: inputs are widened, which is exact, sums are in float32, and each result
/// is rounded once.
struct Widening {
    private let request: KernelRequest
    private let engine: HostEngine
    private let backend: String
    private let inputs: [NarrowOperand?]
    private let outputs: [NarrowOperand?]

    /// Nil for a request without 16-bit floats.
    ///
    /// - Parameter kept: Inputs that the kernel reads in their own type.
    init?(_ request: KernelRequest, _ engine: HostEngine, _ backend: String, keeping kept: Set<Int> = []) {
        inputs = request.inputs.enumerated().map {
            kept.contains($0.offset) ? nil : NarrowOperand($0.element, engine.table)
        }
        outputs = request.outputs.map { NarrowOperand($0, engine.table) }
        guard (inputs + outputs).contains(where: { $0 != nil }) else { return nil }
        (self.request, self.engine, self.backend) = (request, engine, backend)
    }

    /// The kernel, by the kernel for the request with float32 in the place of 16-bit floats.
    ///
    /// - Throws: The error of `prepare`.
    func kernel(
        _ prepare: (KernelRequest) throws(UnsupportedOperation) -> HostKernel
    ) throws(UnsupportedOperation) -> HostKernel {
        if let chunks = WideningChunks(request, inputs, outputs, engine) { return try chunks.kernel(prepare) }
        let wide = try prepare(
            KernelRequest(
                operation: request.operation, inputs: replaced(request.inputs, inputs),
                outputs: replaced(request.outputs, outputs), composite: request.composite))
        return whole(wide)
    }

    private func replaced(_ operands: [Operand?], _ narrow: [NarrowOperand?]) -> [Operand?] {
        zip(operands, narrow).map { $1?.wide ?? $0 }
    }

    /// Whole operands in float32.
    private func whole(_ wide: HostKernel) -> HostKernel {
        // A packed constant is float32 already.
        let widened = inputs.enumerated().map { wide.packings[$0.offset] == nil ? $0.element : nil }
        let (outputs, engine, backend) = (outputs, engine, backend)
        func places(_ operands: [NarrowOperand?], from start: inout Int) -> [Int?] {
            operands.map { operand in
                guard let operand else { return nil }
                defer { start += (operand.operand.elementCount * 4 + 63) & ~63 }
                return start
            }
        }
        var byteCount = 0
        let (inputPlaces, outputPlaces) = (places(widened, from: &byteCount), places(outputs, from: &byteCount))
        let total = byteCount
        var kernel = HostKernel("\(wide.name), widened", request, flops: wide.cost.flops) {
            operands throws(BackendError) in
            try engine.scratch.withMemory(byteCount: total, backend: backend) { memory throws(BackendError) in
                var (from, to) = (operands.inputs, operands.outputs)
                for (index, place) in inputPlaces.enumerated() {
                    guard let place, let source = from[index], let input = widened[index] else { continue }
                    let target = memory + place
                    input.widen(source, target.assumingMemoryBound(to: Float.self), engine)
                    from[index] = UnsafeRawPointer(target)
                }
                for (index, place) in outputPlaces.enumerated() {
                    if let place, to[index] != nil { to[index] = memory + place }
                }
                try wide.body(HostOperands(inputs: from, outputs: to))
                for (index, place) in outputPlaces.enumerated() {
                    guard let place, let target = operands.outputs[index], let output = outputs[index] else { continue }
                    let source = (memory + place).assumingMemoryBound(to: Float.self)
                    output.narrow(source, target, engine)
                }
            }
        }
        kernel.packings = wide.packings
        return kernel.strided(wide.stridedInputs.union(widened.indices.filter { widened[$0] != nil }))
    }
}
