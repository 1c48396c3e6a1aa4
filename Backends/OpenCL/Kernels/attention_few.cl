// Attention of few queries on a processor: an item takes a key/value head with all queries that read it, components in
// lanes. Each key and value is read once, in the order of its address, BLOCK keys at a time: with four queries 4 flops
// per byte of float32, 8 per byte of 16 bits.
//
// The host defines ROWS, the queries of all heads of a group; components of keys and values are contiguous.
#define BLOCK 64
#define PARTS ((VALUE + 15) / 16)
// Vectors of values at a time: with four queries they fill half of the registers.
#define SUMS 4

static float dot_of(const float *q, __global const STORED(KIND) *k) {
    F sum = (F)(0.0f);
#pragma unroll
    for (int d = 0; d + 16 <= HEAD; d += 16) sum = fma(vload16(0, q + d), LOAD_F(KIND, k, d), sum);
    float result = lanes_sum(sum);
    for (int d = HEAD / 16 * 16; d < HEAD; d++) result = fma(q[d], LOAD(KIND, k, d), result);
    return result;
}

// Adds `count` keys of one row to its sums, [component]; hidden ones, without a mark, are left out.
static void add_row(
    __global const STORED(KIND) *values, long stride, int count, const float *weights, const uchar *marks, float *sums
) {
    for (int j = 0; j < count; j++) {
        if (!marks[j]) continue;
        __global const STORED(KIND) *from = values + j * stride;
        for (int d = 0; d + 16 <= VALUE; d += 16)
            vstore16(fma((F)(weights[j]), LOAD_F(KIND, from, d), vload16(0, sums + d)), 0, sums + d);
        for (int d = VALUE / 16 * 16; d < VALUE; d++) sums[d] = fma(weights[j], LOAD(KIND, from, d), sums[d]);
    }
}

// The same for all rows and visible keys, `size` vectors of components from `first` on.
static inline __attribute__((always_inline)) void add_rows(
    __global const STORED(KIND) *values, long stride, int count, int first, const int size, float (*weights)[BLOCK],
    float (*sums)[PARTS * 16 + 1]
) {
    F x[ROWS][SUMS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
        for (int c = 0; c < SUMS; c++)
            if (c < size) x[r][c] = vload16(first + c, sums[r]);
    }
    for (int j = 0; j < count; j++) {
        __global const STORED(KIND) *from = values + j * stride;
        F v[SUMS];
#pragma unroll
        for (int c = 0; c < SUMS; c++)
            if (c < size) v[c] = LOAD_F(KIND, from, (first + c) * 16);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
#pragma unroll
            for (int c = 0; c < SUMS; c++)
                if (c < size) x[r][c] = fma((F)(weights[r][j]), v[c], x[r][c]);
        }
    }
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
        for (int c = 0; c < SUMS; c++)
            if (c < size) vstore16(x[r][c], first + c, sums[r]);
    }
}

GROUP __kernel void attention(PARAMETERS) {
    const Attention *a = &given;
    const ulong shared_heads = a->heads / a->group;
    const ulong id = get_global_id(0);
    if (id >= a->batch * shared_heads) return;
    const ulong shared = id % shared_heads, batch = id / shared_heads;
    __global const STORED(KIND) *keys = BEGIN(key) + a->key_offset + (long)batch * a->key[0] + (long)shared * a->key[1];
    __global const STORED(KIND) *values =
        BEGIN(value) + a->value_offset + (long)batch * a->value[0] + (long)shared * a->value[1];
    const ulong row = (batch * a->heads + shared * a->group) * a->queries;

    float queries[ROWS][HEAD > 0 ? HEAD : 1];
    Reach seen[ROWS];
    const long length = LENGTH_OF(a, batch);
    long low = (long)a->keys, high = 0;
    for (int r = 0; r < ROWS; r++) {
        const long query_row = (long)(r % a->queries);
        __global const STORED(KIND) *from = BEGIN(query) + a->query_offset + (long)batch * a->query[0]
            + (long)(shared * a->group + r / a->queries) * a->query[1] + query_row * a->query[2];
        for (int d = 0; d < HEAD; d++) queries[r][d] = LOAD(KIND, from, d * a->query[3]);
        seen[r] = reach(a, query_row, length, OFFSET_OF(a, batch, length));
        if (seen[r].low < seen[r].high) {
            low = min(low, seen[r].low);
            high = max(high, seen[r].high);
        }
    }

    for (int attempt = 0; attempt < 2; attempt++) {
        const float lift = lift_of(a, attempt);
        // One element more, for a value of no components.
        float sums[ROWS][PARTS * 16 + 1], weights[ROWS][BLOCK];
        uchar marks[ROWS][BLOCK];
        float best[ROWS], total[ROWS];
        for (int r = 0; r < ROWS; r++) {
            best[r] = -INFINITY;
            total[r] = 0.0f;
            for (int d = 0; d < PARTS * 16; d++) sums[r][d] = 0.0f;
        }
        for (long start = low / BLOCK * BLOCK; start < high; start += BLOCK) {
            const long begin = max(start, low);
            const int count = (int)(min(start + BLOCK, high) - begin);
            for (int j = 0; j < count; j++) {
#pragma unroll
                for (int r = 0; r < ROWS; r++)
                    weights[r][j] = dot_of(queries[r], keys + (begin + j) * a->key[2]) * a->scale;
            }
            bool hides = false;
            for (int r = 0; r < ROWS; r++) {
                for (int j = 0; j < count; j++) {
                    bool visible = begin + j >= seen[r].low && begin + j < seen[r].high;
                    float s = weights[r][j];
#if defined(BIAS) || defined(MASK)
                    const long head = (long)(shared * a->group + r / a->queries), query_row = (long)(r % a->queries);
#endif
                    if (a->soft_cap != 0.0f) s = hyperbolic_tangent((F)(s / a->soft_cap)).s0 * a->soft_cap;
#ifdef BIAS
                    const float added = BIAS_AT(a, batch, head, query_row, begin + j);
                    visible = visible && added != -INFINITY;
                    s += added;
#endif
#ifdef MASK
                    visible = visible && MASK_AT(a, batch, head, query_row, begin + j) != 0;
#endif
                    marks[r][j] = visible;
                    hides |= !visible;
                    weights[r][j] = visible ? s : -INFINITY;
                }
                for (int j = count; j < BLOCK; j++) weights[r][j] = -INFINITY;
                F most = (F)(-INFINITY);
                for (int j = 0; j < BLOCK; j += 16) most = fmax(most, vload16(0, weights[r] + j));
                const float largest = fmax(best[r], lanes_max(most));
                // With nothing but −∞ so far there is no maximum to subtract: e^(−∞) is 0 all the same.
                const float shift = largest == -INFINITY ? 0.0f : largest;
                const float rescale = exponential((F)(best[r] - shift)).s0;
                best[r] = largest;
                F sum = (F)(0.0f);
                for (int j = 0; j < BLOCK; j += 16) {
                    const F weight = exponential(vload16(0, weights[r] + j) - shift);
                    sum += weight;
                    vstore16(weight * lift, 0, weights[r] + j);
                }
                total[r] = total[r] * rescale + lanes_sum(sum);
                for (int d = 0; d < PARTS; d++) vstore16(vload16(d, sums[r]) * rescale, d, sums[r]);
            }
#ifdef OUTPUT
            __global const STORED(KIND) *some = values + begin * a->value[2];
            if (hides) {
                // 0 · ∞ is NaN: a value counts only for the queries that see it.
                for (int r = 0; r < ROWS; r++) add_row(some, a->value[2], count, weights[r], marks[r], sums[r]);
            } else {
                for (int first = 0; first + SUMS <= VALUE / 16; first += SUMS)
                    add_rows(some, a->value[2], count, first, SUMS, weights, sums);
#if VALUE / 16 % SUMS > 0
                add_rows(some, a->value[2], count, VALUE / 16 / SUMS * SUMS, VALUE / 16 % SUMS, weights, sums);
#endif
                for (int r = 0; r < ROWS; r++)
                    for (int j = 0; j < count; j++)
                        for (int d = VALUE / 16 * 16; d < VALUE; d++)
                            sums[r][d] = fma(weights[r][j], LOAD(KIND, some, j * a->value[2] + d), sums[r][d]);
            }
#endif
        }

        bool spoiled = false;
        for (int r = 0; r < ROWS; r++) {
#ifdef OUTPUT
            spoiled |= write_output(BEGIN(out) + (row + r) * VALUE, sums[r], 1, total[r], lift, attempt);
#endif
#ifdef LOG_SUM
            BEGIN(log_sum)[row + r] = log_sum_of(best[r], total[r]);
#endif
        }
        if (!spoiled) break;
    }
}
