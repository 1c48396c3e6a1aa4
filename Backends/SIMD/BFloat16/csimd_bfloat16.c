// Products of bfloat16 by AVX-512 BF16, whose instruction Swift's vectors don't have.
//
// The tile is 12 rows by two vectors of columns, as of the float32 product: 24 of 32 registers are sums. A step over a pair of k is
// 12 * 32 * 2 * 2 = 1,536 flops in 24 vdpbf16ps, on 128 bytes of b and 12 broadcasts of 4 bytes of a. Of one row it is 128 flops on
// 132 bytes, bound by the memory that b comes from, which is half of float32's.

#include "csimd_bfloat16.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")))
#define INLINE static inline __attribute__((always_inline)) BF16
#define UNROLL _Pragma("clang loop unroll(full)")

bool attend_cpu_has_avx512_bf16(void) {
    uint32_t a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || a < 1) return false;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 5)) != 0;
}

// MARK: Packing

/// The transpose of 16 rows of 16 pairs.
INLINE void transpose16(const uint16_t *x, long stride, uint16_t *y) {
    __m512i r[16], t[16];
    UNROLL for (int i = 0; i < 16; i++) r[i] = _mm512_loadu_si512(x + i * stride);
    UNROLL for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    // r[4 i + j] holds the columns j, 4 + j, 8 + j, 12 + j of rows 4 i ... 4 i + 3.
    UNROLL for (int j = 0; j < 4; j++) {
        __m512i low = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88), high = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
        __m512i low2 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
        __m512i high2 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
        _mm512_storeu_si512(y + (j + 0) * 64, _mm512_shuffle_i32x4(low, low2, 0x88));
        _mm512_storeu_si512(y + (j + 4) * 64, _mm512_shuffle_i32x4(high, high2, 0x88));
        _mm512_storeu_si512(y + (j + 8) * 64, _mm512_shuffle_i32x4(low, low2, 0xdd));
        _mm512_storeu_si512(y + (j + 12) * 64, _mm512_shuffle_i32x4(high, high2, 0xdd));
    }
}

/// Rows of b interleaved: columns 0-31 of rows p and p + 1.
INLINE void interleave32(const uint16_t *x, const uint16_t *next, uint16_t *y) {
    __m512i a = _mm512_loadu_si512(x), b = _mm512_loadu_si512(next);
    __m512i low = _mm512_unpacklo_epi16(a, b), high = _mm512_unpackhi_epi16(a, b);
    // Each quarter holds 4 columns: 0-3, 8-11, 16-19, 24-27 and 4-7, 12-15, 20-23, 28-31.
    __m512i first = _mm512_permutex2var_epi64(low, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), high);
    __m512i second = _mm512_permutex2var_epi64(low, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), high);
    _mm512_storeu_si512(y, first);
    _mm512_storeu_si512(y + 32, second);
}

/// A part of a panel, number by number.
static void pack_numbers(
    long from, long to, long k, long first, long n, const uint16_t *b, long rowStride, long columnStride,
    uint16_t *packed) {
    for (long p = from; p < to; p += 2) {
        for (long column = first; column < n; column++) {
            const uint16_t *x = b + (p * rowStride + column * columnStride);
            uint16_t *y = packed + (p * 32 + 2 * column);
            y[0] = x[0];
            y[1] = p + 1 < k ? x[rowStride] : 0;
        }
    }
}

BF16 void attend_bfloat16_pack(
    long k, long n, const uint16_t *b, long rowStride, long columnStride, uint16_t *packed) {
    if (columnStride == 1 && n == 32) {
        long p = 0;
        for (; p + 2 <= k; p += 2)
            interleave32(b + p * rowStride, b + (p + 1) * rowStride, packed + p * 32);
        pack_numbers(p, k, k, 0, n, b, rowStride, columnStride, packed);
    } else if (rowStride == 1) {
        long column = 0, whole = k / 32 * 32;
        for (; column + 16 <= n; column += 16) {
            for (long p = 0; p < whole; p += 32)
                transpose16(b + (p + column * columnStride), columnStride, packed + (p * 32 + 2 * column));
        }
        pack_numbers(0, whole, k, column, n, b, rowStride, columnStride, packed);
        pack_numbers(whole, k, k, 0, n, b, rowStride, columnStride, packed);
    } else {
        pack_numbers(0, k, k, 0, n, b, rowStride, columnStride, packed);
    }
}

BF16 long attend_bfloat16_least(long m, long n, const uint16_t *x, long stride) {
    // A magnitude less 1: 0 becomes the largest.
    const __m512i magnitude = _mm512_set1_epi16(0x7fff), one = _mm512_set1_epi16(1);
    __m512i least = _mm512_set1_epi16(-1);
    for (long row = 0; row < m; row++, x += stride) {
        long i = 0;
        for (; i + 32 <= n; i += 32) {
            __m512i v = _mm512_and_si512(_mm512_loadu_si512(x + i), magnitude);
            least = _mm512_min_epu16(least, _mm512_sub_epi16(v, one));
        }
        if (i < n) {
            __m512i v = _mm512_maskz_loadu_epi16((__mmask32)((1u << (n - i)) - 1), x + i);
            least = _mm512_min_epu16(least, _mm512_sub_epi16(_mm512_and_si512(v, magnitude), one));
        }
    }
    uint16_t lanes[32];
    _mm512_storeu_si512(lanes, least);
    uint32_t all = 0xffff;
    for (int lane = 0; lane < 32; lane++) all = lanes[lane] < all ? lanes[lane] : all;
    long exponent = (long)((all + 1) >> 7);
    return exponent < 255 ? exponent : 255;
}

// MARK: Tiles

INLINE __m512i broadcast_pair(const uint16_t *a) {
    uint32_t pair;
    memcpy(&pair, a, 4);
    return _mm512_set1_epi32((int)pair);
}

INLINE void finish(__m512 sum, __m512 alpha, float *c, bool accumulate) {
    _mm512_storeu_ps(c, accumulate ? _mm512_fmadd_ps(sum, alpha, _mm512_loadu_ps(c)) : _mm512_mul_ps(sum, alpha));
}

/// Some rows of some panels; the loops over both are unrolled.
INLINE void tile(
    const int rows, const int panels, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b,
    long panelStride, float *c, long cStride, bool accumulate) {
    __m512 sums[12][8];
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < 2 * panels; j++) sums[i][j] = _mm512_setzero_ps();
    }
    for (long p = 0; p < k; p += 2) {
        __m512bh right[8];
        UNROLL for (int j = 0; j < panels; j++) {
            const uint16_t *row = b + (j * panelStride + p * 32);
            right[2 * j] = (__m512bh)_mm512_loadu_si512(row);
            right[2 * j + 1] = (__m512bh)_mm512_loadu_si512(row + 32);
            // 4 KB ahead, where rows are too few to wait for memory's own prefetch.
            if (rows <= 4) {
                _mm_prefetch((const char *)(row + 2048), _MM_HINT_T0);
                _mm_prefetch((const char *)(row + 2080), _MM_HINT_T0);
            }
        }
        UNROLL for (int i = 0; i < rows; i++) {
            const uint16_t *x = a + (i * aStride + p);
            // The last number of an odd k is a pair with 0.
            __m512bh pair = (__m512bh)(p + 1 < k ? broadcast_pair(x) : _mm512_set1_epi32(*x));
            UNROLL for (int j = 0; j < 2 * panels; j++) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], right[j], pair);
        }
    }
    __m512 factor = _mm512_set1_ps(alpha);
    UNROLL for (int i = 0; i < rows; i++) {
        UNROLL for (int j = 0; j < 2 * panels; j++)
            finish(sums[i][j], factor, c + (i * cStride + 16 * j), accumulate);
    }
}

/// Few rows of four panels: eight sums of a row, so that they don't wait for each other.
BF16 static void few_rows(
    long m, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b, long panelStride, float *c,
    long cStride, bool accumulate) {
    for (; m >= 2; m -= 2, a += 2 * aStride, c += 2 * cStride)
        tile(2, 4, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate);
    if (m > 0) tile(1, 4, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate);
}

BF16 void attend_bfloat16_block(
    long m, long panels, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b, long panelStride,
    float *c, long cStride, bool accumulate) {
    for (; m < 4 && panels >= 4; panels -= 4, b += 4 * panelStride, c += 128)
        few_rows(m, k, alpha, a, aStride, b, panelStride, c, cStride, accumulate);
    for (; panels > 0; panels--, b += panelStride, c += 32) {
        const uint16_t *x = a;
        float *y = c;
        long left = m;
        while (left > 0) {
            long rows = left >= 12 ? 12 : left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            switch (rows) {
            case 12: tile(12, 1, k, alpha, x, aStride, b, 0, y, cStride, accumulate); break;
            case 8: tile(8, 1, k, alpha, x, aStride, b, 0, y, cStride, accumulate); break;
            case 4: tile(4, 1, k, alpha, x, aStride, b, 0, y, cStride, accumulate); break;
            case 2: tile(2, 1, k, alpha, x, aStride, b, 0, y, cStride, accumulate); break;
            default: tile(1, 1, k, alpha, x, aStride, b, 0, y, cStride, accumulate); break;
            }
            x += rows * aStride;
            y += rows * cStride;
            left -= rows;
        }
    }
}

// MARK: Float32

/// One row, by four multiply-adds a pair: only rows with small numbers come here.
INLINE void wide_tile(
    long k, float alpha, const uint16_t *a, const uint16_t *b, float *c, bool accumulate) {
    const __m512i high = _mm512_set1_epi32((int)0xffff0000);
    __m512 left = _mm512_setzero_ps(), right = left;
    for (long p = 0; p < k; p += 2) {
        __m512i b0 = _mm512_loadu_si512(b), b1 = _mm512_loadu_si512(b + 32);
        __m512 first = (__m512)_mm512_set1_epi32((int)((uint32_t)a[p] << 16));
        left = _mm512_fmadd_ps(first, (__m512)_mm512_slli_epi32(b0, 16), left);
        right = _mm512_fmadd_ps(first, (__m512)_mm512_slli_epi32(b1, 16), right);
        if (p + 1 < k) {
            __m512 second = (__m512)_mm512_set1_epi32((int)((uint32_t)a[p + 1] << 16));
            left = _mm512_fmadd_ps(second, (__m512)_mm512_and_si512(b0, high), left);
            right = _mm512_fmadd_ps(second, (__m512)_mm512_and_si512(b1, high), right);
        }
        b += 64;
    }
    __m512 factor = _mm512_set1_ps(alpha);
    finish(left, factor, c, accumulate);
    finish(right, factor, c + 16, accumulate);
}

BF16 void attend_bfloat16_wide_block(
    long m, long panels, long k, float alpha, const uint16_t *a, long aStride, const uint16_t *b, long panelStride,
    float *c, long cStride, bool accumulate) {
    for (long panel = 0; panel < panels; panel++) {
        for (long i = 0; i < m; i++)
            wide_tile(k, alpha, a + i * aStride, b + panel * panelStride, c + (i * cStride + panel * 32), accumulate);
    }
}
#else
bool attend_cpu_has_avx512_bf16(void) { return false; }
#endif
