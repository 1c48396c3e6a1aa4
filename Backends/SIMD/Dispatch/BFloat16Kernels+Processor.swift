import CSIMDBFloat16
import SIMDKernelTypes

#if arch(x86_64)
    extension BFloat16Kernels {
        /// The kernels by AVX-512 BF16; to be called only where the processor has it.
        static let processor = BFloat16Kernels(
            pack: { k, n, b, rowStride, columnStride, packed in
                attend_bfloat16_pack(k, n, b, rowStride, columnStride, packed)
            },
            least: { m, n, x, stride in attend_bfloat16_least(m, n, x, stride) },
            block: { m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate in
                attend_bfloat16_block(m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate)
            },
            wideBlock: { m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate in
                attend_bfloat16_wide_block(m, panels, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate)
            })
    }
#endif
