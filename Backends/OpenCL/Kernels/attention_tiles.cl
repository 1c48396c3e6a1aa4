// Attention on a processor: an item takes VECTORS vectors of queries, one query per lane, and all keys that one of them
// sees, BLOCK at a time. Query heads that share a key/value head are more lanes.
//
// Scores are [key][lane] and outputs [component][lane]: both products multiply a vector of queries by one number of a
// key or a value that is read in place, TILE keys or components at a time, so that nothing is added across lanes. A step
// of a tile reads VECTORS vectors and TILE numbers for TILE · VECTORS multiply-adds: with two vectors of 16 and 8 keys, 512
// flops on 160 bytes. Keys and values of 16 bits are widened a block at a time into private memory (24 KiB with 64
// components), where the tiles read them like those in place: one conversion for 2 · ROWS flops. Blocks that no query sees are left
// out, and visibility is tested only in blocks where a query's limits lie, or with a mask or a bias.
//
// The host defines WIDTH (lanes of a vector), VECTORS, TILE, and UNIT where components of keys and values are
// contiguous.
#define ROWS (WIDTH * VECTORS)
#define BLOCK 96
#define VECTOR_LOAD WIDE(vload)
#define VECTOR_STORE WIDE(vstore)

// Where tiles read keys and values: as they are stored, or a widened block, [key][component].
#if IS_NARROW(KIND)
#define PLACE
#define ROW_STEP(strides, width) (width)
#else
#define PLACE __global
#define ROW_STEP(strides, width) (strides)[2]
#endif
#if IS_NARROW(KIND) || defined(UNIT)
#define STEP(strides) 1
#else
#define STEP(strides) (strides)[3]
#endif

#if IS_NARROW(KIND)
// A block of keys or values as float32.
static void widen(__global const STORED(KIND) *from, const long *strides, int count, int width, float *to) {
    for (int j = 0; j < count; j++, from += strides[2], to += width) {
        int d = 0;
#ifdef UNIT
        for (; d + WIDTH <= width; d += WIDTH) STORE_F(f32, LOAD_F(KIND, from, d), to, d);
#endif
        for (; d < width; d++) to[d] = LOAD(KIND, from, d * strides[3]);
    }
}
#endif

// The operands that decide what a query sees.
#ifdef MASK
#define SIGHT_MASK mask_buffer, mask_start,
#else
#define SIGHT_MASK
#endif
#ifdef BIAS
#define SIGHT_BIAS bias_buffer, bias_start,
#else
#define SIGHT_BIAS
#endif
#define SIGHT SIGHT_MASK SIGHT_BIAS

// What the lanes of an item stand for.
typedef struct {
    ulong batch, shared, first;
    int count;
    long low[ROWS], high[ROWS];
} Lanes;

// Whether the queries of a vector see a key; `added` becomes their bias.
static I sees(MASK_PARAMETER BIAS_PARAMETER const Attention *a, const Lanes *lanes, long j, int vector, F *added) {
    int kept[WIDTH];
    float biases[WIDTH];
    for (int lane = 0; lane < WIDTH; lane++) {
        const int r = min(vector * WIDTH + lane, lanes->count - 1);
        bool visible = j >= lanes->low[r] && j < lanes->high[r];
#if defined(MASK) || defined(BIAS)
        const ulong row = lanes->first + r;
        const long head = (long)(lanes->shared * a->group + row / a->queries), query = (long)(row % a->queries);
#endif
#ifdef BIAS
        biases[lane] = BIAS_AT(a, lanes->batch, head, query, j);
        visible = visible && biases[lane] != -INFINITY;
#else
        biases[lane] = 0.0f;
#endif
#ifdef MASK
        visible = visible && MASK_AT(a, lanes->batch, head, query, j) != 0;
#endif
        kept[lane] = visible ? -1 : 0;
    }
    *added = VECTOR_LOAD(0, biases);
    return VECTOR_LOAD(0, kept);
}

// Scores of a block: [key][lane].
static void scores_of(const Attention *a, PLACE const float *keys, int count, const float *turned, float *scores) {
    for (int j = 0; j < count; j += TILE) {
        F s[TILE][VECTORS];
        PLACE const float *from[TILE];
#pragma unroll
        for (int t = 0; t < TILE; t++) {
            // Past the end the last key is computed again, where nothing reads it.
            from[t] = keys + (long)min(j + t, count - 1) * ROW_STEP(a->key, HEAD);
#pragma unroll
            for (int v = 0; v < VECTORS; v++) s[t][v] = (F)(0.0f);
        }
        for (int d = 0; d < HEAD; d++) {
            F q[VECTORS];
#pragma unroll
            for (int v = 0; v < VECTORS; v++) q[v] = VECTOR_LOAD(d * VECTORS + v, turned);
#pragma unroll
            for (int t = 0; t < TILE; t++) {
                const F k = (F)(from[t][d * STEP(a->key)]);
#pragma unroll
                for (int v = 0; v < VECTORS; v++) s[t][v] = fma(k, q[v], s[t][v]);
            }
        }
#pragma unroll
        for (int t = 0; t < TILE; t++) {
#pragma unroll
            for (int v = 0; v < VECTORS; v++) VECTOR_STORE(s[t][v], (j + t) * VECTORS + v, scores);
        }
    }
}

// Adds a block's values to `size` components of the sums, [component][lane], which are rescaled before.
static inline __attribute__((always_inline)) void add_values(
    const Attention *a, PLACE const float *values, int count, int first, const int size, const float *weights,
    const F *rescale, float *sums
) {
    F x[TILE][VECTORS];
#pragma unroll
    for (int t = 0; t < TILE; t++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++)
            if (t < size) x[t][v] = VECTOR_LOAD((first + t) * VECTORS + v, sums) * rescale[v];
    }
    for (int j = 0; j < count; j++) {
        PLACE const float *from = values + j * ROW_STEP(a->value, VALUE) + first * STEP(a->value);
        F p[VECTORS];
#pragma unroll
        for (int v = 0; v < VECTORS; v++) p[v] = VECTOR_LOAD(j * VECTORS + v, weights);
#pragma unroll
        for (int t = 0; t < TILE; t++) {
            if (t >= size) continue;
            const F value = (F)(from[t * STEP(a->value)]);
#pragma unroll
            for (int v = 0; v < VECTORS; v++) x[t][v] = fma(value, p[v], x[t][v]);
        }
    }
#pragma unroll
    for (int t = 0; t < TILE; t++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++)
            if (t < size) VECTOR_STORE(x[t][v], (first + t) * VECTORS + v, sums);
    }
}

static bool are_finite(const Attention *a, PLACE const float *values, int count) {
    bool finite = true;
    for (int j = 0; j < count; j++)
        for (int d = 0; d < VALUE; d++) 
            finite &= fabs(values[j * ROW_STEP(a->value, VALUE) + d * STEP(a->value)]) < INFINITY;
    return finite;
}

GROUP __kernel void attention(PARAMETERS) {
    const Attention *a = &given;
    const ulong all = a->group * a->queries, blocks = (all + ROWS - 1) / ROWS, shared_heads = a->heads / a->group;
    const ulong id = get_global_id(0);
    if (id >= a->batch * shared_heads * blocks) return;
    Lanes lanes;
    lanes.first = id % blocks * ROWS;
    lanes.shared = id / blocks % shared_heads;
    lanes.batch = id / blocks / shared_heads;
    lanes.count = (int)min((ulong)ROWS, all - lanes.first);
    __global const STORED(KIND) *keys =
        BEGIN(key) + a->key_offset + (long)lanes.batch * a->key[0] + (long)lanes.shared * a->key[1];
    __global const STORED(KIND) *values =
        BEGIN(value) + a->value_offset + (long)lanes.batch * a->value[0] + (long)lanes.shared * a->value[1];
    const ulong row = (lanes.batch * a->heads + lanes.shared * a->group) * a->queries + lanes.first;

    const long length = LENGTH_OF(a, lanes.batch);
    float turned[(HEAD > 0 ? HEAD : 1) * ROWS];
    // All keys that a lane sees, and those that all lanes see.
    long low = (long)a->keys, high = 0, inner_low = 0, inner_high = (long)a->keys;
    for (int r = 0; r < ROWS; r++) {
        const ulong place = lanes.first + min(r, lanes.count - 1);
        const long query_row = (long)(place % a->queries);
        __global const STORED(KIND) *from = BEGIN(query) + a->query_offset + (long)lanes.batch * a->query[0]
            + (long)(lanes.shared * a->group + place / a->queries) * a->query[1] + query_row * a->query[2];
        for (int d = 0; d < HEAD; d++) turned[d * ROWS + r] = LOAD(KIND, from, d * a->query[3]);
        const Reach seen = reach(a, query_row, length, OFFSET_OF(a, lanes.batch, length));
        lanes.low[r] = seen.low;
        lanes.high[r] = seen.high;
        inner_low = max(inner_low, seen.low);
        inner_high = min(inner_high, seen.high);
        if (seen.low < seen.high) {
            low = min(low, seen.low);
            high = max(high, seen.high);
        }
    }

    for (int attempt = 0; attempt < 2; attempt++) {
        const float lift = lift_of(a, attempt);
        float sums[(VALUE > 0 ? VALUE : 1) * ROWS], scores[BLOCK * ROWS];
        F best[VECTORS], total[VECTORS];
        for (int v = 0; v < VECTORS; v++) {
            best[v] = (F)(-INFINITY);
            total[v] = (F)(0.0f);
        }
        for (int d = 0; d < VALUE * VECTORS; d++) VECTOR_STORE((F)(0.0f), d, sums);

        for (long start = low / BLOCK * BLOCK; start < high; start += BLOCK) {
            const long begin = max(start, low);
            const int count = (int)(min(start + BLOCK, high) - begin);
#if IS_NARROW(KIND)
            float block[BLOCK * (HEAD > VALUE ? HEAD : VALUE) + 1];
            widen(keys + begin * a->key[2], a->key, count, HEAD, block);
            scores_of(a, block, count, turned, scores);
#else
            scores_of(a, keys + begin * a->key[2], count, turned, scores);
#endif
#if defined(MASK) || defined(BIAS)
            const bool whole = false;
#else
            const bool whole = begin >= inner_low && begin + count <= inner_high;
#endif
            F largest[VECTORS], rescale[VECTORS];
            for (int v = 0; v < VECTORS; v++) largest[v] = best[v];
            for (int j = 0; j < count; j++) {
                for (int v = 0; v < VECTORS; v++) {
                    F s = VECTOR_LOAD(j * VECTORS + v, scores) * a->scale;
                    if (a->soft_cap != 0.0f) s = hyperbolic_tangent(s / a->soft_cap) * a->soft_cap;
                    if (!whole) {
                        F added;
                        const I visible = sees(SIGHT a, &lanes, begin + j, v, &added);
                        s = select((F)(-INFINITY), s + added, visible);
                    }
                    largest[v] = fmax(largest[v], s);
                    VECTOR_STORE(s, j * VECTORS + v, scores);
                }
            }
            for (int v = 0; v < VECTORS; v++) {
                // With nothing but −∞ so far there is no maximum to subtract: e^(−∞) is 0 all the same.
                const F shift = select(largest[v], (F)(0.0f), largest[v] == (F)(-INFINITY));
                rescale[v] = exponential(best[v] - shift);
                F sum = (F)(0.0f);
                for (int j = 0; j < count; j++) {
                    const F weight = exponential(VECTOR_LOAD(j * VECTORS + v, scores) - shift);
                    sum += weight;
                    VECTOR_STORE(weight * lift, j * VECTORS + v, scores);
                }
                total[v] = total[v] * rescale[v] + sum;
                best[v] = largest[v];
            }
#ifdef OUTPUT
#if IS_NARROW(KIND)
            widen(values + begin * a->value[2], a->value, count, VALUE, block);
            const float *some_values = block;
#else
            __global const float *some_values = values + begin * a->value[2];
#endif
            if (whole || are_finite(a, some_values, count)) {
                for (int first = 0; first + TILE <= VALUE; first += TILE)
                    add_values(a, some_values, count, first, TILE, scores, rescale, sums);
#if VALUE % TILE > 0
                add_values(a, some_values, count, VALUE / TILE * TILE, VALUE % TILE, scores, rescale, sums);
#endif
            } else {
                // 0 · ∞ is NaN: a value counts only for the queries that see it.
                for (int d = 0; d < VALUE * VECTORS; d++)
                    VECTOR_STORE(VECTOR_LOAD(d, sums) * rescale[d % VECTORS], d, sums);
                for (int j = 0; j < count; j++) {
                    for (int v = 0; v < VECTORS; v++) {
                        F added;
                        const I visible = sees(SIGHT a, &lanes, begin + j, v, &added);
                        const F p = VECTOR_LOAD(j * VECTORS + v, scores);
                        for (int d = 0; d < VALUE; d++) {
                            const F value = (F)(some_values[j * ROW_STEP(a->value, VALUE) + d * STEP(a->value)]);
                            const F before = VECTOR_LOAD(d * VECTORS + v, sums);
                            VECTOR_STORE(select(before, fma(value, p, before), visible), d * VECTORS + v, sums);
                        }
                    }
                }
            }
#endif
        }

        bool spoiled = false;
        float totals[ROWS], bests[ROWS];
        for (int v = 0; v < VECTORS; v++) {
            VECTOR_STORE(total[v], v, totals);
            VECTOR_STORE(best[v], v, bests);
        }
        for (int r = 0; r < lanes.count; r++) {
#ifdef OUTPUT
            spoiled |= write_output(BEGIN(out) + (row + r) * VALUE, sums + r, ROWS, totals[r], lift, attempt);
#endif
#ifdef LOG_SUM
            BEGIN(log_sum)[row + r] = log_sum_of(bests[r], totals[r]);
#endif
        }
        if (!spoiled) break;
    }
}
