import SIMDKernelTypes
import SIMDKernels
import Testing

/// Cases of an instruction set that this machine lacks end at once and print as passed; these tests show it.
@Suite struct `Instruction sets` {
    @Test func `the AVX2 kernels are tested on this machine`() throws {
        #expect(try kernels(.avx2).instructionSet == .avx2)
    }

    @Test func `the AVX-512 kernels are tested on this machine`() throws {
        #expect(try kernels(.avx512).instructionSet == .avx512)
    }
}
