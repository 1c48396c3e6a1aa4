import CSIMDSupport
package import SIMDKernelTypes

// The loops are C (csimd_quantized.h), inlined here and compiled for this variant: integers within words have no vector
// operations in Swift that stay in registers.

func makeQuantizedKernels() -> QuantizedKernels {
    QuantizedKernels(
        panelColumns: 4 * laneCount,
        product: { rows, a, aStride, sums, panel, c, cStride in
            var operands = attend_quantized_operands(
                groups: panel.groups, words_per_group: panel.group * panel.bits / 32, a: a, a_stride: aStride,
                sums: sums, words: panel.words, scales: panel.scales, offsets: panel.offsets, c: c, c_stride: cStride)
            attend_quantized_panel(rows, Int32(panel.bits), &operands)
        },
        groupSums: { a, groups, count, sums in attend_quantized_sums(a, groups, count, sums) })
}
