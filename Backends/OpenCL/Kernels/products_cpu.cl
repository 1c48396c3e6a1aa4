// Matrix products on a processor: C = activation(A · B + bias) + residual, float32 sums.
//
// B stands in panels of PANEL columns, padded with zeros: [batch][panel][k][PANEL]. An item takes one panel and a run
// of rows, TILE rows at a time, with all TILE × PANEL sums in registers: each number of B that is read serves TILE
// products, each of A PANEL. No local memory, no barrier. The host defines LANE (float8 or float16 wide), TILE, KIND_A,
// KIND_B, KIND_C.

#if LANE == 16
typedef float16 V;
#define VLOAD vload16
#define VSTORE vstore16
#else
typedef float8 V;
#define VLOAD vload8
#define VSTORE vstore8
#endif
#define PANEL (2 * LANE)

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

GROUP __kernel void product(
    OUT(STORED(KIND_C), c), IN(STORED(KIND_A), a), IN(float, panels),
#ifdef BIAS
    IN(float, bias),
#endif
#ifdef RESIDUAL
    IN(float, residual),
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
        V low[TILE], high[TILE];
        __global const STORED(KIND_A) *line[TILE];
#pragma unroll
        for (int m = 0; m < TILE; m++) {
            low[m] = (V)(0.0f);
            high[m] = (V)(0.0f);
            // Past the end the last row is computed again, and not stored.
            line[m] = left + (long)min(row + m, p.rows - 1) * p.row_stride;
        }
        long at = 0;
        for (ulong k = 0; k < p.inner; k++) {
            const V b = VLOAD(0, right + k * PANEL), d = VLOAD(1, right + k * PANEL);
#pragma unroll
            for (int m = 0; m < TILE; m++) {
                const V x = (V)(LOAD(KIND_A, line[m], at));
                low[m] = fma(x, b, low[m]);
                high[m] = fma(x, d, high[m]);
            }
            at += p.column_stride;
        }
        float room[PANEL];
        float added[PANEL];
#ifdef BIAS
        for (ulong n = 0; n < PANEL; n++) added[n] = n < count ? BEGIN(bias)[column + n] : 0.0f;
#endif
#pragma unroll
        for (int m = 0; m < TILE; m++) {
            if (row + m < last) {
#ifdef BIAS
                low[m] += VLOAD(0, added);
                high[m] += VLOAD(1, added);
#endif
#ifdef ACTIVATION
                VSTORE(low[m], 0, room);
                VSTORE(high[m], 1, room);
                for (ulong n = 0; n < PANEL; n++) room[n] = ACTIVATION(room[n]);
                low[m] = VLOAD(0, room);
                high[m] = VLOAD(1, room);
#endif
#ifdef RESIDUAL
                __global const float *other = BEGIN(residual) + (row + m) * p.columns + column;
                if (count == PANEL) {
                    low[m] += VLOAD(0, other);
                    high[m] += VLOAD(1, other);
                } else {
                    for (ulong n = 0; n < PANEL; n++) room[n] = n < count ? other[n] : 0.0f;
                    low[m] += VLOAD(0, room);
                    high[m] += VLOAD(1, room);
                }
#endif
#ifdef PLAIN_C
                if (count == PANEL) {
                    VSTORE(low[m], 0, target + (row + m) * p.columns);
                    VSTORE(high[m], 1, target + (row + m) * p.columns);
                    continue;
                }
#endif
                VSTORE(low[m], 0, room);
                VSTORE(high[m], 1, room);
                for (ulong n = 0; n < count; n++) STORE(KIND_C, room[n], target, (row + m) * p.columns + n);
            }
        }
    }
}
