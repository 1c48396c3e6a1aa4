/// The processor features that a set of kernels is compiled for.
package enum InstructionSet: String, Sendable, CaseIterable {
    /// The minimum of the architecture: SSE2 on x86-64, NEON on arm64.
    case baseline
    /// x86-64-v3: AVX2 and FMA.
    case avx2
    /// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
    case avx512
    /// x86-64-v4 and AVX-512 BF16: the kernels of ``avx512``, and products of bfloat16 by `vdpbf16ps`.
    case avx512bf16
}

/// All kernels, compiled for one instruction set. Each runs on the calling thread; callers divide the work.
///
/// The members are C function pointers on raw pointers and integers, so a table is plain data, and nothing generic
/// crosses the border between modules that are compiled for different processors.
package struct KernelTable: Sendable {
    package var instructionSet: InstructionSet
    /// Float32 lanes per vector.
    package var laneCount: Int
    package var arithmetic: ArithmeticKernels
    package var unary: @Sendable (UnaryFunction) -> UnaryKernel
    package var rows: RowKernels
    package var copies: CopyKernels
    package var bfloat16: ConversionKernels
    package var float16: ConversionKernels
    package var product: ProductKernels
    package var quantized: QuantizedKernels
    package var attention: AttentionKernels
    /// Products of bfloat16 without widening; nil where the processor has none.
    package var nativeBFloat16: BFloat16Kernels?
    /// Why kernels that the processor has are not used, for the device's description; nil if all are.
    package var fault: String?

    package init(
        instructionSet: InstructionSet,
        laneCount: Int,
        arithmetic: ArithmeticKernels,
        unary: @escaping @Sendable (UnaryFunction) -> UnaryKernel,
        rows: RowKernels,
        copies: CopyKernels,
        bfloat16: ConversionKernels,
        float16: ConversionKernels,
        product: ProductKernels,
        quantized: QuantizedKernels,
        attention: AttentionKernels
    ) {
        self.instructionSet = instructionSet
        self.laneCount = laneCount
        self.arithmetic = arithmetic
        self.unary = unary
        self.rows = rows
        self.copies = copies
        self.bfloat16 = bfloat16
        self.float16 = float16
        self.product = product
        self.quantized = quantized
        self.attention = attention
    }
}
