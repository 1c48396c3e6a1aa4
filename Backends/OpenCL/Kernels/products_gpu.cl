// Matrix products on a GPU: C = activation(A · B + bias) + residual, float32 sums.
//
// A group of 16 × 16 items computes BLOCK × BLOCK elements of C, 4 × 4 an item, over DEPTH terms at a time that stand
// in local memory, as float32 whatever the storage: each number that is read from there serves four products. A step of
// the tile reads 2 · BLOCK · DEPTH numbers (8 KiB as float32, 4 KiB in 16 bits) for 2 · BLOCK² · DEPTH = 131,072 flops.
// Any strides; the edges are padded with zeros in local memory. Bias and residual are stored as the result.
#define BLOCK 64
#define DEPTH 16
#define SIDE 16

typedef struct {
    ulong rows;
    ulong columns;
    ulong inner;
    long a_row, a_column, b_row, b_column;
} Product;

__attribute__((reqd_work_group_size(SIDE, SIDE, 1))) __kernel void product(
    OUT(STORED(KIND_C), c), IN(STORED(KIND_A), a), IN(STORED(KIND_B), b),
#ifdef BIAS
    IN(STORED(KIND_C), bias),
#endif
#ifdef RESIDUAL
    IN(STORED(KIND_C), residual),
#endif
    const Product p, const Walk walk
) {
    __local float left[DEPTH][BLOCK + 1];
    __local float right[DEPTH][BLOCK + 1];
    const uint x = get_local_id(0), y = get_local_id(1), item = y * SIDE + x;
    const ulong first_column = get_group_id(0) * BLOCK, first_row = get_group_id(1) * BLOCK, batch = get_group_id(2);
    __global const STORED(KIND_A) *from_a = BEGIN(a) + row_start(&walk, 1, (uint)batch);
    __global const STORED(KIND_B) *from_b = BEGIN(b) + row_start(&walk, 2, (uint)batch);
    // Neighboring items read neighboring elements, whichever way the operand lies.
    const bool a_by_row = p.a_column != 1, b_by_row = p.b_column == 1;
    float sum[4][4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] = 0.0f;

    for (ulong start = 0; start < p.inner; start += DEPTH) {
        for (uint e = item; e < BLOCK * DEPTH; e += SIDE * SIDE) {
            const uint m = a_by_row ? e % BLOCK : e / DEPTH, k = a_by_row ? e / BLOCK : e % DEPTH;
            const ulong row = first_row + m, depth = start + k;
            left[k][m] = row < p.rows && depth < p.inner
                ? LOAD(KIND_A, from_a, (long)row * p.a_row + (long)depth * p.a_column) : 0.0f;
        }
        for (uint e = item; e < BLOCK * DEPTH; e += SIDE * SIDE) {
            const uint n = b_by_row ? e % BLOCK : e / DEPTH, k = b_by_row ? e / BLOCK : e % DEPTH;
            const ulong column = first_column + n, depth = start + k;
            right[k][n] = column < p.columns && depth < p.inner
                ? LOAD(KIND_B, from_b, (long)depth * p.b_row + (long)column * p.b_column) : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        const uint terms = (uint)min((ulong)DEPTH, p.inner - start);
        for (uint k = 0; k < terms; k++) {
            float a_part[4], b_part[4];
            for (int i = 0; i < 4; i++) a_part[i] = left[k][y + SIDE * i];
            for (int j = 0; j < 4; j++) b_part[j] = right[k][x + SIDE * j];
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) sum[i][j] = fma(a_part[i], b_part[j], sum[i][j]);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    __global STORED(KIND_C) *target = BEGIN(c) + batch * p.rows * p.columns;
    for (int i = 0; i < 4; i++) {
        const ulong row = first_row + y + SIDE * i;
        for (int j = 0; j < 4; j++) {
            const ulong column = first_column + x + SIDE * j;
            if (row < p.rows && column < p.columns) {
                float result = sum[i][j];
#ifdef BIAS
                result += LOAD(KIND_C, BEGIN(bias), column);
#endif
#ifdef ACTIVATION
                result = ACTIVATION(result);
#endif
#ifdef RESIDUAL
                result += LOAD(KIND_C, BEGIN(residual), row * p.columns + column);
#endif
                STORE(KIND_C, result, target, row * p.columns + column);
            }
        }
    }
}
