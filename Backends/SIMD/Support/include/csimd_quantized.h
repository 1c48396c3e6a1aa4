#ifndef ATTEND_CSIMD_QUANTIZED_H
#define ATTEND_CSIMD_QUANTIZED_H

#include <stdint.h>

// The product with 4-bit and 8-bit weights: rows of a by a panel of columns, whose words of 32 bits hold integers of
// successive k. Inlined and compiled for each instruction set; arrays of vectors are registers after unrolling.
//
// An integer becomes a float without a conversion: its bits, masked in place at bit p, are the last bits of the
// significand of 2^(23 - p) + q, from which 2^(23 - p) is subtracted. That is exact, and two or three instructions of
// which none is a multiplication. Sums of a group are scaled at its end:
//
//     c = sum over groups of (scale * (sum of q * a) + offset * (sum of a))
//
// in the same order for every number of rows, so that a row's result doesn't depend on the others.
//
// A step of one row with AVX-512 reads 64 * 4 bytes of words, which are 512 products (4 bits) or 256 (8 bits).

#if defined(__AVX512F__)
#define ATTEND_QUANTIZED_LANES 16
#define ATTEND_QUANTIZED_ROWS 12
#elif defined(__AVX2__)
#define ATTEND_QUANTIZED_LANES 8
#define ATTEND_QUANTIZED_ROWS 4
#else
#define ATTEND_QUANTIZED_LANES 4
#define ATTEND_QUANTIZED_ROWS 4
#endif

/// Columns of a panel: four vectors.
#define ATTEND_QUANTIZED_COLUMNS (4 * ATTEND_QUANTIZED_LANES)

typedef float attend_quantized_floats
    __attribute__((vector_size(4 * ATTEND_QUANTIZED_LANES), aligned(4)));
typedef uint32_t attend_quantized_words
    __attribute__((vector_size(4 * ATTEND_QUANTIZED_LANES), aligned(4)));

/// The operands of a panel; see `attend_quantized_panel`.
typedef struct {
    long groups;
    long words_per_group;
    const float *a;
    long a_stride;
    /// Sums of a over each group, `[rows][groups]`.
    const float *sums;
    const uint32_t *words;
    const float *scales;
    const float *offsets;
    float *c;
    long c_stride;
} attend_quantized_operands;

static inline __attribute__((always_inline)) attend_quantized_floats attend_quantized_fused(
    attend_quantized_floats a, attend_quantized_floats b, attend_quantized_floats c) {
#if defined(__FMA__) || defined(__aarch64__)
    return __builtin_elementwise_fma(a, b, c);
#else
#pragma clang fp contract(off)
    attend_quantized_floats product = a * b;
    return product + c;
#endif
}

/// `rows` rows by `vectors` vectors of columns from `column`; constants after inlining.
static inline __attribute__((always_inline)) void attend_quantized_tile(
    const int rows, const int vectors, const int bits, const attend_quantized_operands *o, long row, long column) {
    attend_quantized_floats total[ATTEND_QUANTIZED_ROWS][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) total[r][v] = (attend_quantized_floats){0};
    const uint32_t *words = o->words + column;
    const float *a = o->a + row * o->a_stride;
    const long stride = o->a_stride;
    for (long group = 0; group < o->groups; group++) {
        attend_quantized_floats sum[ATTEND_QUANTIZED_ROWS][4];
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sum[r][v] = (attend_quantized_floats){0};
        for (long word = 0; word < o->words_per_group; word++) {
            attend_quantized_words packed[4];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                packed[v] = *(const attend_quantized_words *)(words + v * ATTEND_QUANTIZED_LANES);
            words += ATTEND_QUANTIZED_COLUMNS;
#pragma clang loop unroll(full)
            for (int half = 0; half < 2; half++) {
#pragma clang loop unroll(full)
                for (int place = 0; place < 16; place += bits) {
                    const uint32_t mask = ((1u << bits) - 1) << place, exponent = (uint32_t)(150 - place) << 23;
                    const float base = (float)(1 << (23 - place));
                    attend_quantized_floats q[4];
#pragma clang loop unroll(full)
                    for (int v = 0; v < vectors; v++)
                        q[v] = (attend_quantized_floats)((packed[v] & mask) | exponent) - base;
#pragma clang loop unroll(full)
                    for (int r = 0; r < rows; r++) {
                        const float number = a[r * stride];
                        const attend_quantized_floats x = (attend_quantized_floats){0} + number;
#pragma clang loop unroll(full)
                        for (int v = 0; v < vectors; v++) sum[r][v] = attend_quantized_fused(x, q[v], sum[r][v]);
                    }
                    a++;
                }
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) packed[v] >>= 16;
            }
        }
        const float *scales = o->scales + group * ATTEND_QUANTIZED_COLUMNS + column;
        const float *offsets = o->offsets + group * ATTEND_QUANTIZED_COLUMNS + column;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            const attend_quantized_floats x =
                (attend_quantized_floats){0} + o->sums[(row + r) * o->groups + group];
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) {
                const long lane = v * ATTEND_QUANTIZED_LANES;
                total[r][v] = attend_quantized_fused(
                    sum[r][v], *(const attend_quantized_floats *)(scales + lane), total[r][v]);
                total[r][v] =
                    attend_quantized_fused(x, *(const attend_quantized_floats *)(offsets + lane), total[r][v]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++)
            *(attend_quantized_floats *)(o->c + (row + r) * o->c_stride + column + v * ATTEND_QUANTIZED_LANES) =
                total[r][v];
}

/// All columns of the panel for some rows: at once for few rows, in halves for more.
#define ATTEND_QUANTIZED_TILES(rows, vectors)                                                                     \
    static inline __attribute__((noinline)) void attend_quantized_tile4_##rows(                                   \
        const attend_quantized_operands *o, long row) {                                                           \
        for (int v = 0; v < 4; v += vectors) attend_quantized_tile(rows, vectors, 4, o, row, v * ATTEND_QUANTIZED_LANES); \
    }                                                                                                             \
    static inline __attribute__((noinline)) void attend_quantized_tile8_##rows(                                   \
        const attend_quantized_operands *o, long row) {                                                           \
        for (int v = 0; v < 4; v += vectors) attend_quantized_tile(rows, vectors, 8, o, row, v * ATTEND_QUANTIZED_LANES); \
    }
ATTEND_QUANTIZED_TILES(1, 4)
ATTEND_QUANTIZED_TILES(2, 4)
ATTEND_QUANTIZED_TILES(4, 2)
#if ATTEND_QUANTIZED_ROWS > 4
ATTEND_QUANTIZED_TILES(8, 2)
ATTEND_QUANTIZED_TILES(12, 2)
#endif
#undef ATTEND_QUANTIZED_TILES

/// `c[rows, columns] = a[rows, k] * w[k, columns]` of one panel, with integers of 4 or 8 bits.
static inline void attend_quantized_panel(long rows, int bits, const attend_quantized_operands *o) {
    long row = 0;
#define ATTEND_QUANTIZED_RUN(count)                                                      \
    for (; row + count <= rows; row += count) {                                          \
        if (bits == 4) attend_quantized_tile4_##count(o, row);                           \
        else attend_quantized_tile8_##count(o, row);                                     \
    }
#if ATTEND_QUANTIZED_ROWS > 4
    ATTEND_QUANTIZED_RUN(12)
    ATTEND_QUANTIZED_RUN(8)
#endif
    ATTEND_QUANTIZED_RUN(4)
    ATTEND_QUANTIZED_RUN(2)
    ATTEND_QUANTIZED_RUN(1)
#undef ATTEND_QUANTIZED_RUN
}

/// The sums of `count` elements of each of `groups` groups, in a fixed order.
static inline void attend_quantized_sums(const float *a, long groups, long count, float *sums) {
    for (long group = 0; group < groups; group++, a += count) {
        attend_quantized_floats sum = {0};
        for (long i = 0; i < count; i += ATTEND_QUANTIZED_LANES) sum += *(const attend_quantized_floats *)(a + i);
        float total = 0;
        for (int lane = 0; lane < ATTEND_QUANTIZED_LANES; lane++) total += sum[lane];
        sums[group] = total;
    }
}

#endif
