import CSIMDSupport
package import SIMDKernelTypes

// The loops are C, inlined here and compiled for this variant: a conversion of a whole vector of integers is made of its
// elements in Swift.

/// See `FetchKernel`.
private func fetch(_ x: UnsafePointer<UInt16>, _ n: Int) {
    attend_fetch(x, 2 * n)
}

func makeBFloat16Kernels() -> ConversionKernels {
    ConversionKernels(
        widen: { x, y, n in attend_widen_bfloat16(x, y, n) }, narrow: { x, y, n in attend_narrow_bfloat16(x, y, n) },
        fetch: fetch)
}

func makeFloat16Kernels() -> ConversionKernels {
    ConversionKernels(
        widen: { x, y, n in attend_widen_float16(x, y, n) }, narrow: { x, y, n in attend_narrow_float16(x, y, n) },
        fetch: fetch)
}
