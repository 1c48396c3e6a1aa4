#ifndef ATTEND_CSIMD_SUPPORT_H
#define ATTEND_CSIMD_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "csimd_quantized.h"

/// Whether this processor and the operating system together run AVX2 and FMA code.
bool attend_cpu_has_avx2_fma(void);

/// Whether this processor and the operating system together run AVX-512 F, BW, DQ and VL code
/// (what compilers call x86-64-v4, which includes AVX2 and FMA).
bool attend_cpu_has_avx512(void);

/// Tells the processor that this is a spinning loop.
static inline void attend_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/// Asks for the cache line at `address` to be brought near; never faults.
static inline void attend_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

/// Asks for the cache lines of `n` bytes.
static inline void attend_fetch(const void *address, long n) {
    for (long i = 0; i < n; i += 64) __builtin_prefetch((const char *)address + i, 0, 3);
}

/// Zero-extends `count` bytes to 4-byte integers, by vector types of the compiler: one instruction where the processor
/// has it.
#define ATTEND_WIDEN(count)                                                             \
    static inline void attend_widen##count(const uint8_t *from, void *to) {             \
        typedef uint8_t narrow __attribute__((vector_size(count)));                     \
        typedef int32_t wide __attribute__((vector_size(4 * count)));                   \
        narrow bytes;                                                                   \
        __builtin_memcpy(&bytes, from, sizeof bytes);                                   \
        wide words = __builtin_convertvector(bytes, wide);                              \
        __builtin_memcpy(to, &words, sizeof words);                                     \
    }
ATTEND_WIDEN(4)
ATTEND_WIDEN(8)
ATTEND_WIDEN(16)
#undef ATTEND_WIDEN

/// Conversions between float32 and 16-bit floats of `n` contiguous elements, to nearest even; NaN stays NaN, and
/// subnormal numbers are kept. Sixteen numbers at a time are vectors, since no vectors are made of plain loops inside of a
/// Swift module.
typedef uint16_t attend_halves __attribute__((vector_size(32)));
typedef uint32_t attend_words __attribute__((vector_size(64)));
typedef float attend_floats __attribute__((vector_size(64)));

static inline void attend_widen_bfloat16(const uint16_t *from, float *to, long n) {
    long i = 0;
    for (; i + 16 <= n; i += 16) {
        attend_halves narrow;
        __builtin_memcpy(&narrow, from + i, sizeof narrow);
        attend_words wide = __builtin_convertvector(narrow, attend_words) << 16;
        __builtin_memcpy(to + i, &wide, sizeof wide);
    }
    for (; i < n; i++) {
        uint32_t bits = (uint32_t)from[i] << 16;
        __builtin_memcpy(to + i, &bits, 4);
    }
}

static inline void attend_narrow_bfloat16(const float *from, uint16_t *to, long n) {
    long i = 0;
    for (; i + 16 <= n; i += 16) {
        attend_words bits;
        __builtin_memcpy(&bits, from + i, sizeof bits);
        attend_words rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, quiet = (bits >> 16) | 0x40;
        attend_words isNaN = (attend_words)((bits & 0x7FFFFFFF) > 0x7F800000);
        attend_halves narrow = __builtin_convertvector((quiet & isNaN) | (rounded & ~isNaN), attend_halves);
        __builtin_memcpy(to + i, &narrow, sizeof narrow);
    }
    for (; i < n; i++) {
        uint32_t bits;
        __builtin_memcpy(&bits, from + i, 4);
        uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        uint32_t quiet = (bits >> 16) | 0x40;
        to[i] = (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
    }
}

/// The exponent is rebased by a product with 2^112, which is exact and makes normal numbers of subnormal ones. The processor's
/// conversion would change signaling NaNs.
static inline void attend_widen_float16(const uint16_t *from, float *to, long n) {
    long i = 0;
    for (; i + 16 <= n; i += 16) {
        attend_halves narrow;
        __builtin_memcpy(&narrow, from + i, sizeof narrow);
        attend_words half = __builtin_convertvector(narrow, attend_words), magnitude = (half & 0x7FFF) << 13;
        attend_floats number;
        __builtin_memcpy(&number, &magnitude, sizeof number);
        number *= 0x1p112f;
        attend_words bits;
        __builtin_memcpy(&bits, &number, sizeof bits);
        attend_words isEndless = (attend_words)(magnitude >= 0x0F800000);
        bits = (isEndless & (0x7F800000 | magnitude)) | (bits & ~isEndless) | ((half & 0x8000) << 16);
        __builtin_memcpy(to + i, &bits, sizeof bits);
    }
    for (; i < n; i++) {
        uint32_t half = from[i];
        uint32_t magnitude = (half & 0x7FFF) << 13;
        float number;
        __builtin_memcpy(&number, &magnitude, 4);
        number *= 0x1p112f;
        uint32_t bits;
        __builtin_memcpy(&bits, &number, 4);
        // Infinity and NaN keep their significand.
        bits = (magnitude >= 0x0F800000 ? 0x7F800000 | magnitude : bits) | ((half & 0x8000) << 16);
        __builtin_memcpy(to + i, &bits, 4);
    }
}

/// Subnormal results are rounded by the addition of 1/2, whose last place is that of the smallest half.
static inline void attend_halves_of(attend_words *words) {
    attend_words bits = *words;
    attend_words sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7FFFFFFF;
    attend_floats number;
    __builtin_memcpy(&number, &magnitude, sizeof number);
    number += 0.5f;
    attend_words small;
    __builtin_memcpy(&small, &number, sizeof small);
    small -= 0x3F000000;
    attend_words normal = (magnitude - 0x38000000 + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
    attend_words isSmall = (attend_words)(magnitude < 0x38800000), isLarge = (attend_words)(magnitude >= 0x477FF000);
    attend_words isNaN = (attend_words)(magnitude > 0x7F800000);
    attend_words half = (small & isSmall) | (normal & ~isSmall);
    half = (half & ~isLarge) | (isLarge & 0x7C00) | (isNaN & 0x7E00);
    *words = sign | half;
}

static inline void attend_narrow_float16(const float *from, uint16_t *to, long n) {
    for (long i = 0; i < n; i += 16) {
        long count = n - i < 16 ? n - i : 16;
        attend_words bits = {0};
        if (count == 16) __builtin_memcpy(&bits, from + i, sizeof bits);
        else for (long j = 0; j < count; j++) __builtin_memcpy((char *)&bits + 4 * j, from + i + j, 4);
        attend_halves_of(&bits);
        attend_halves narrow = __builtin_convertvector(bits, attend_halves);
        if (count == 16) __builtin_memcpy(to + i, &narrow, sizeof narrow);
        else for (long j = 0; j < count; j++) to[i + j] = narrow[j];
    }
}

#if defined(__AVX512F__)
/// `sums[i]` = the sum of `rows[16 · i ..< 16 · i + 16]`, i < 16, as one tree: 30 shuffles and 15 additions. Written with
/// shuffles of the compiler, since what it makes of even and odd halves in Swift is pieces of four lanes.
static inline void attend_sum_rows16(const float *rows, float *sums) {
    typedef float vector __attribute__((vector_size(64), aligned(4)));
    vector a[16], b[8], c[4], d[2];
    for (int i = 0; i < 16; i++) __builtin_memcpy(&a[i], rows + 16 * i, 64);
    // Halves of rows i and i + 8, then quarters of four rows, then pairs and single lanes inside of the quarters.
    for (int i = 0; i < 8; i++)
        b[i] = __builtin_shufflevector(a[i], a[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
            + __builtin_shufflevector(a[i], a[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    for (int i = 0; i < 4; i++)
        c[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
            + __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
    for (int i = 0; i < 2; i++)
        d[i] = __builtin_shufflevector(c[i], c[i + 2], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
            + __builtin_shufflevector(c[i], c[i + 2], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    vector sum = __builtin_shufflevector(d[0], d[1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
        + __builtin_shufflevector(d[0], d[1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    __builtin_memcpy(sums, &sum, 64);
}
#endif

/// Sleeps while `*word == expected`, until woken. May return early: the caller tests its condition again.
/// Without a futex (not Linux) it yields, or naps for some microseconds, instead.
void attend_wait(const uint32_t *word, uint32_t expected);

/// Wakes at most `count` of the threads that wait on `word`.
void attend_wake(const uint32_t *word, int32_t count);

#endif
