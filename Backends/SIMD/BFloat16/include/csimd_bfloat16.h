#ifndef ATTEND_CSIMD_BFLOAT16_H
#define ATTEND_CSIMD_BFLOAT16_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this processor and the operating system together run AVX-512 BF16 code, beside x86-64-v4.
/// The other functions of this file may be called only then.
bool attend_cpu_has_avx512_bf16(void);

/// Columns of a packed panel.
#define ATTEND_BFLOAT16_PANEL 32

/// Packs `b[k, n]`, n <= 32, as pairs along k: `packed[p / 2][column][p % 2]`, rows of 64 numbers. Strides are in numbers. For an
/// odd k the last pair's second number is 0. Columns from n on are not written.
void attend_bfloat16_pack(
    long k, long n, const uint16_t *b, long rowStride, long columnStride, uint16_t *packed);

/// The exponent field of the smallest number of `x[m, n]` that is not 0: 0 if one is subnormal, 255 if none is finite and not 0. Rows
/// are contiguous and `stride` apart.
long attend_bfloat16_least(long m, long n, const uint16_t *x, long stride);

/// `c[m, 32 * panels] = alpha * a[m, k] * b[k, 32 * panels]`, or `c +=` if `accumulate`, in float32.
///
/// Rows of `a` are contiguous and `aStride` apart; b is packed, its panels `panelStride` numbers apart. Pairs of products are added
/// in the order of k, by one `vdpbf16ps` each, which takes subnormal numbers for 0 and gives 0 for subnormal sums.
void attend_bfloat16_block(
    long m, long panels, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b, long panelStride,
    float *c, long cStride, bool accumulate);

/// The same by float32 multiply-adds, with subnormal numbers.
void attend_bfloat16_wide_block(
    long m, long panels, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b, long panelStride,
    float *c, long cStride, bool accumulate);

#endif
