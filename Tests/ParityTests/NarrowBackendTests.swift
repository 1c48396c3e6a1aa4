import AttendParity
import AttendRuntime
import ReferenceBackend
import TestSupport
import Testing

/// Backends of less precision, which are honest about it.
@Suite struct NarrowBackendTests {
    /// A backend of which every float32 result is rounded to a narrower type: what it computes in parts after each of them, what it
    /// computes as a whole once.
    private final class Narrow: ForwardingBackend {
        let base: any ComputeBackend
        let device = DeviceDescription(backend: "narrow", name: "rounds every result", threads: 1)
        let precision: DType

        init(_ precision: DType, _ base: any ComputeBackend) { (self.precision, self.base) = (precision, base) }

        func prepare(_ request: KernelRequest) throws(UnsupportedOperation) -> any Kernel {
            NarrowKernel(base: try base.prepare(request), request: request, precision: precision)
        }
    }

    private struct NarrowKernel: ForwardingKernel {
        let base: any Kernel
        let request: KernelRequest
        let precision: DType

        var name: String { "\(base.name), rounded to \(precision)" }

        func makeInstance(on stream: any ComputeStream) throws(BackendError) -> any KernelInstance {
            Instance(self, try base.makeInstance(on: stream), stream)
        }

        private final class Instance: KernelInstance {
            let (kernel, base, stream): (NarrowKernel, any KernelInstance, any ComputeStream)

            init(_ kernel: NarrowKernel, _ base: any KernelInstance, _ stream: any ComputeStream) {
                (self.kernel, self.base, self.stream) = (kernel, base, stream)
            }

            func run(inputs: [BufferSlice?], outputs: [BufferSlice?]) throws(BackendError) {
                try base.run(inputs: inputs, outputs: outputs)
                for (operand, slice) in zip(kernel.request.outputs, outputs) {
                    guard let operand, let slice, operand.dtype == .float32 else { continue }
                    let result = try stream.copyOut(slice, dtype: .float32, shape: operand.shape)
                    guard let numbers = try? result.floats(),
                        let rounded = try? Tensor(numbers.map(kernel.rounded), shape: operand.shape)
                    else { continue }
                    try stream.copyIn(rounded, to: slice)
                }
            }
        }

        /// To nearest, ties to even.
        private func rounded(_ number: Float) -> Float {
            guard precision == .bfloat16 else { return Float(Float16(number)) }
            guard number.isFinite else { return number }
            let bits = number.bitPattern
            return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
        }
    }

    private static let cases = CaseCatalog.cases(CaseSelection(isQuick: true, seed: 61, seededCount: 2))

    @Test(.tags(.slow), .unlessFast, arguments: [DType.bfloat16, .float16])
    func `passes with the bounds of its own type, fails with float32's`(
        precision: DType
    ) {
        let backend = Narrow(precision, makeReference())
        let own = ParityRun(backends: [backend], model: RoundingModel(precision: precision)).report(on: Self.cases)
        for issue in own.issues.prefix(10) { Issue.record("\(issue)") }
        #expect(own.passes)
        #expect(own.total(of: "narrow").unsupported * 100 < own.total(of: "narrow").passed)
        let float32 = ParityRun(backends: [backend]).report(on: Self.cases)
        #expect(!float32.passes, "\(float32.failures.count)")
        #expect(float32.failures.count > 100, "\(float32.failures.count)")
    }

    /// Between the parts of what `simd` computes as a whole nothing is rounded, and so nothing overflows.
    @Test(.tags(.slow), .unlessFast, arguments: [DType.bfloat16, .float16])
    func `fused kernels of a narrow type pass as well`(precision: DType) {
        let backend = Narrow(precision, simd)
        let cases = CaseCatalog.cases(CaseSelection(isQuick: true, seed: 123, seededCount: 2))
        let own = ParityRun(backends: [backend], model: RoundingModel(precision: precision)).report(on: cases)
        for issue in own.issues.prefix(10) { Issue.record("\(issue)") }
        #expect(own.passes)
        #expect(own.total(of: "narrow").passed > 700)
    }

    @Test(arguments: [
        "rms_norm[shape=129x9,values=far,seed=123172]", "silu[shape=2230,values=peaked,seed=123001]",
        "sigmoid[shape=10x9x4,dtype=bfloat16,values=peaked,view=reshaped,seed=123001]"
    ])
    func `what overflows between the parts may be 0 or the whole's value, and nothing else`(name: String) throws {
        let model = RoundingModel(precision: .float16)
        let subject = try named(name)
        for base in [makeReference(), simd] {
            #expect(ParityRun(backends: [Narrow(.float16, base)], model: model).report(on: [subject]).passes)
        }
        let wrong = ResultFault(subject.operation) { values, _ in values[0] = values[0] * 1.01 + 0.01 }
        let report = ParityRun(backends: [Narrow(.float16, FaultyBackend(simd, wrong))], model: model).report(
            on: [subject])
        #expect(failures(in: report).first?.wrongCount == 1)
    }
}
