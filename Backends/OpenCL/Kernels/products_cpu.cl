// Matrix products on a processor: C = activation(A · B + bias) + residual, float32 sums, stored once.
//
// B stands in panels of PANEL columns, as float32 and padded with zeros: [batch][panel][k][PANEL]. An item takes one
// panel and a run of rows, TILE rows at a time, with all TILE × PANEL sums in registers: each number of B that is read
// serves TILE products, each of A PANEL. A step of the tile reads two vectors of B and TILE numbers of A for
// 2 · TILE · PANEL flops: with vectors of 16 and 12 rows, 768 flops on 176 bytes. Numbers of A in 16 bits are widened
// DEPTH at a time into private memory, 16 KiB with A in two bytes and its float32 form, which each panel does again: one
// conversion for 2 · PANEL flops. No local memory, no barrier. The host defines WIDTH (8 or 16), TILE, KIND_A, KIND_B,
// KIND_C; bias and residual are stored as C.
#define PANEL (2 * WIDTH)
#define DEPTH 256

typedef struct {
    ulong batches;
    ulong rows;       // of A and C
    ulong columns;    // of B and C
    ulong inner;
    ulong panels;
    ulong item_rows;
    long row_stride;    // of the operand that is read: A, or B while packing
    long column_stride;
} Product;

// Packs one panel of one batch.
GROUP __kernel void pack_panels(OUT(float, out), IN(STORED(KIND_B), in), const Product p, const Walk walk) {
    const ulong id = get_global_id(0);
    if (id >= p.batches * p.panels) return;
    const ulong batch = id / p.panels, first = id % p.panels * PANEL;
    __global const STORED(KIND_B) *from = BEGIN(in) + row_start(&walk, 1, (uint)batch);
    __global float *to = BEGIN(out) + id * p.inner * PANEL;
    const ulong count = min((ulong)PANEL, p.columns - first);
    for (ulong k = 0; k < p.inner; k++) {
        for (ulong n = 0; n < PANEL; n++)
            to[k * PANEL + n] =
                n < count ? LOAD(KIND_B, from, (long)k * p.row_stride + (long)(first + n) * p.column_stride) : 0.0f;
    }
}

#if IS_NARROW(KIND_A)
// Numbers of a row of A as float32.
static void widen(__global const STORED(KIND_A) *from, long step, int count, float *to) {
    int k = 0;
    if (step == 1) {
        for (; k + WIDTH <= count; k += WIDTH) STORE_F(f32, LOAD_F(KIND_A, from, k), to, k);
    }
    for (; k < count; k++) to[k] = LOAD(KIND_A, from, k * step);
}
#endif

GROUP __kernel void product(
    OUT(STORED(KIND_C), c), IN(STORED(KIND_A), a), IN(float, panels),
#ifdef BIAS
    IN(STORED(KIND_C), bias),
#endif
#ifdef RESIDUAL
    IN(STORED(KIND_C), residual),
#endif
    const Product p, const Walk walk
) {
    const ulong id = get_global_id(0);
    const ulong runs = (p.rows + p.item_rows - 1) / p.item_rows;
    if (id >= p.batches * p.panels * runs) return;
    const ulong run = id % runs, panel = id / runs % p.panels, batch = id / runs / p.panels;
    const ulong last = min((run + 1) * p.item_rows, p.rows);
    const ulong column = panel * PANEL, count = min((ulong)PANEL, p.columns - column);
    __global const STORED(KIND_A) *restrict left = BEGIN(a) + row_start(&walk, 1, (uint)batch);
    __global const float *restrict right =
        BEGIN(panels) + ((ulong)row_start(&walk, 2, (uint)batch) * p.panels + panel) * p.inner * PANEL;
    __global STORED(KIND_C) *target = BEGIN(c) + batch * p.rows * p.columns + column;

    for (ulong row = run * p.item_rows; row < last; row += TILE) {
        F low[TILE], high[TILE];
        __global const STORED(KIND_A) *line[TILE];
#pragma unroll
        for (int m = 0; m < TILE; m++) {
            low[m] = (F)(0.0f);
            high[m] = (F)(0.0f);
            // Past the end the last row is computed again, and not stored.
            line[m] = left + (long)min(row + m, p.rows - 1) * p.row_stride;
        }
#if IS_NARROW(KIND_A)
        float wide[TILE][DEPTH];
        for (ulong start = 0; start < p.inner; start += DEPTH) {
            const int terms = (int)min((ulong)DEPTH, p.inner - start);
            for (int m = 0; m < TILE; m++)
                widen(line[m] + (long)start * p.column_stride, p.column_stride, terms, wide[m]);
            for (int k = 0; k < terms; k++) {
                const ulong at = (start + k) * PANEL;
                const F b = LOAD_F(f32, right, at), d = LOAD_F(f32, right, at + WIDTH);
#pragma unroll
                for (int m = 0; m < TILE; m++) {
                    const F x = (F)(wide[m][k]);
                    low[m] = fma(x, b, low[m]);
                    high[m] = fma(x, d, high[m]);
                }
            }
        }
#else
        long at = 0;
        for (ulong k = 0; k < p.inner; k++) {
            const F b = LOAD_F(f32, right, k * PANEL), d = LOAD_F(f32, right, k * PANEL + WIDTH);
#pragma unroll
            for (int m = 0; m < TILE; m++) {
                const F x = (F)(LOAD(KIND_A, line[m], at));
                low[m] = fma(x, b, low[m]);
                high[m] = fma(x, d, high[m]);
            }
            at += p.column_stride;
        }
#endif
        float room[PANEL];
#ifdef BIAS
        for (ulong n = 0; n < PANEL; n++) room[n] = n < count ? LOAD(KIND_C, BEGIN(bias), column + n) : 0.0f;
        const F low_bias = LOAD_F(f32, room, 0), high_bias = LOAD_F(f32, room, WIDTH);
#endif
#pragma unroll
        for (int m = 0; m < TILE; m++) {
            if (row + m < last) {
#ifdef BIAS
                low[m] += low_bias;
                high[m] += high_bias;
#endif
#ifdef ACTIVATION
                low[m] = ACTIVATION(low[m]);
                high[m] = ACTIVATION(high[m]);
#endif
#ifdef RESIDUAL
                __global const STORED(KIND_C) *other = BEGIN(residual) + (row + m) * p.columns + column;
                if (count == PANEL) {
                    low[m] += LOAD_F(KIND_C, other, 0);
                    high[m] += LOAD_F(KIND_C, other, WIDTH);
                } else {
                    for (ulong n = 0; n < PANEL; n++) room[n] = n < count ? LOAD(KIND_C, other, n) : 0.0f;
                    low[m] += LOAD_F(f32, room, 0);
                    high[m] += LOAD_F(f32, room, WIDTH);
                }
#endif
                if (count == PANEL) {
                    STORE_F(KIND_C, low[m], target, (row + m) * p.columns);
                    STORE_F(KIND_C, high[m], target, (row + m) * p.columns + WIDTH);
                } else {
                    STORE_F(f32, low[m], room, 0);
                    STORE_F(f32, high[m], room, WIDTH);
                    for (ulong n = 0; n < count; n++) STORE(KIND_C, room[n], target, (row + m) * p.columns + n);
                }
            }
        }
    }
}
