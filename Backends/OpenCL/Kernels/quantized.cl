// Products with quantized weights: C = A · (scale · q + offset)ᵀ + bias, float32 sums, stored once. q are BITS-bit integers
// in words of 32 bits, [columns][words], scales and offsets [columns][groups].
//
// An item takes one column and ROWS rows: each weight is unpacked once, by a shift, a mask, a conversion and a fused
// multiply-add, for ROWS products. On a processor 16 weights at a time, from 2 words of 4 bits or 4 of 8: 128 flops on 8 or
// 16 bytes of weights and 256 of A with ROWS = 4. The host defines BITS, ROWS, KIND.
#define PER_WORD (32 / BITS)
#define MASK ((1u << BITS) - 1)

typedef struct {
    ulong rows;
    ulong columns;
    ulong groups;
    ulong group;    // integers of a group
} Quantized;

GROUP __kernel void quantized_product(
    OUT(STORED(KIND), c), IN(STORED(KIND), a), IN(int, words), IN(STORED(KIND), scales), IN(STORED(KIND), offsets),
#ifdef BIAS
    IN(STORED(KIND), bias),
#endif
    const Quantized p
) {
    const ulong id = get_global_id(0);
    const ulong blocks = (p.rows + ROWS - 1) / ROWS;
    if (id >= blocks * p.columns) return;
    const ulong column = id % p.columns, first = id / p.columns * ROWS;
    const ulong inner = p.groups * p.group;
    __global const int *word = BEGIN(words) + column * (inner / PER_WORD);
    __global const STORED(KIND) *line[ROWS];
    F sum[ROWS];
#pragma unroll
    for (int m = 0; m < ROWS; m++) {
        // Past the end the last row is computed again, and not stored.
        line[m] = BEGIN(a) + min(first + m, p.rows - 1) * inner;
        sum[m] = (F)(0.0f);
    }
    for (ulong g = 0; g < p.groups; g++) {
        const F scale = (F)(LOAD(KIND, BEGIN(scales), column * p.groups + g));
        const F offset = (F)(LOAD(KIND, BEGIN(offsets), column * p.groups + g));
#if WIDTH == 16
#if BITS == 4
        const U places = (U)(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
#else
        const U places = (U)(0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24, 0, 8, 16, 24);
#endif
        for (ulong k = g * p.group; k < (g + 1) * p.group; k += 16) {
#if BITS == 4
            const U packed = as_uint2(vload2(0, word + k / PER_WORD)).s0000000011111111;
#else
            const U packed = as_uint4(vload4(0, word + k / PER_WORD)).s0000111122223333;
#endif
            const F weight = fma(scale, CONVERT_F(packed >> places & MASK), offset);
#pragma unroll
            for (int m = 0; m < ROWS; m++) sum[m] = fma(weight, LOAD_F(KIND, line[m], k), sum[m]);
        }
#else
        for (ulong k = g * p.group; k < (g + 1) * p.group; k += PER_WORD) {
            uint packed = as_uint(word[k / PER_WORD]);
            for (int place = 0; place < PER_WORD; place++, packed >>= BITS) {
                const float weight = fma(scale, convert_float(packed & MASK), offset);
#pragma unroll
                for (int m = 0; m < ROWS; m++) sum[m] = fma(weight, LOAD(KIND, line[m], k + place), sum[m]);
            }
        }
#endif
    }
#pragma unroll
    for (int m = 0; m < ROWS; m++) {
        if (first + m >= p.rows) break;
#if WIDTH == 16
        float lanes[WIDTH];
        STORE_F(f32, sum[m], lanes, 0);
        float total = 0.0f;
        for (int n = 0; n < WIDTH; n++) total += lanes[n];
#else
        float total = sum[m];
#endif
#ifdef BIAS
        total += LOAD(KIND, BEGIN(bias), column);
#endif
        STORE(KIND, total, BEGIN(c), (first + m) * p.columns + column);
    }
}
