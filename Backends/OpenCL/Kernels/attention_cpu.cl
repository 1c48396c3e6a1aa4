// Attention on a processor: an item takes QUERIES queries of one head and all their keys, sixteen keys at a time. The
// block of keys is turned over into private memory once, as float32, so that one vector holds a component of sixteen
// keys. A step of scores reads a vector of keys and QUERIES numbers for 2 · 16 · QUERIES flops: 512 on 128 bytes.
#define QUERIES 16
#define VALUES ((VALUE + 15) / 16)

GROUP __kernel void attention(PARAMETERS) {
    const Attention *a = &given;
    const ulong blocks = (a->queries + QUERIES - 1) / QUERIES;
    const ulong id = get_global_id(0);
    if (id >= a->batch * a->heads * blocks) return;
    const ulong first = id % blocks * QUERIES, head = id / blocks % a->heads, batch = id / blocks / a->heads;
    const int rows = (int)min((ulong)QUERIES, a->queries - first);
    const long shared = (long)(head / a->group);
    __global const STORED(KIND) *keys = BEGIN(key) + a->key_offset + (long)batch * a->key[0] + shared * a->key[1];
    __global const STORED(KIND) *values =
        BEGIN(value) + a->value_offset + (long)batch * a->value[0] + shared * a->value[1];
    const ulong row = (batch * a->heads + head) * a->queries + first;

    for (int attempt = 0; attempt < 2; attempt++) {
        const float lift = lift_of(a, attempt);
        float queries[QUERIES][HEAD > 0 ? HEAD : 1];
        float16 sums[QUERIES][VALUES > 0 ? VALUES : 1];
        float best[QUERIES], total[QUERIES];
        Reach seen[QUERIES];
        const long length = LENGTH_OF(a, batch);
        long low = (long)a->keys, high = 0;
        for (int r = 0; r < QUERIES; r++) {
            const ulong query_row = first + min(r, rows - 1);
            __global const STORED(KIND) *from = BEGIN(query) + a->query_offset + (long)batch * a->query[0]
                + (long)head * a->query[1]
                + (long)query_row * a->query[2];
            for (int d = 0; d < HEAD; d++) queries[r][d] = LOAD(KIND, from, d * a->query[3]);
            for (int v = 0; v < VALUES; v++) sums[r][v] = (float16)(0.0f);
            best[r] = -INFINITY;
            total[r] = 0.0f;
            seen[r] = reach(a, (long)query_row, length, OFFSET_OF(a, batch, length));
            if (seen[r].low < seen[r].high) {
                low = min(low, seen[r].low);
                high = max(high, seen[r].high);
            }
        }
#ifdef PATTERN
        // Until the end it holds scores; hidden keys keep this −∞, in the blocks that nobody visits too.
        for (ulong j = 0; j < (ulong)rows * a->keys; j++) SCORES[row * a->keys + j] = -INFINITY;
#endif
        const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

        for (long start = low / 16 * 16; start < high; start += 16) {
            const int count = (int)min(16L, (long)a->keys - start);
            float turned[HEAD > 0 ? HEAD : 1][16];
            for (int j = 0; j < 16; j++) {
                // Past the end the last key stands in, hidden.
                __global const STORED(KIND) *from = keys + (start + min(j, count - 1)) * a->key[2];
                if (a->key[3] == 1)
                    for (int d = 0; d < HEAD; d++) turned[d][j] = LOAD(KIND, from, d);
                else
                    for (int d = 0; d < HEAD; d++) turned[d][j] = LOAD(KIND, from, d * a->key[3]);
            }
            float16 score[QUERIES];
            for (int r = 0; r < QUERIES; r++) score[r] = (float16)(0.0f);
            for (int d = 0; d < HEAD; d++) {
                const float16 component = vload16(0, turned[d]);
#pragma unroll
                for (int r = 0; r < QUERIES; r++) score[r] = fma((float16)(queries[r][d]), component, score[r]);
            }
            for (int r = 0; r < rows; r++) {
                float16 s = score[r] * a->scale;
                if (a->soft_cap != 0.0f) s = hyperbolic_tangent(s / a->soft_cap) * a->soft_cap;
                const int from = (int)clamp(seen[r].low - start, 0L, 16L), to = (int)clamp(seen[r].high - start, 0L, 16L);
                int16 visible = (lane >= from) & (lane < min(to, count));
#ifdef BIAS
                float added[16];
                __global const STORED(BIAS) *bias_row = BEGIN(bias) + a->bias_offset + (long)batch * a->bias[0]
                    + (long)head * a->bias[1] + (long)(first + r) * a->bias[2];
                for (int j = 0; j < 16; j++) added[j] = j < count ? LOAD(BIAS, bias_row, (start + j) * a->bias[3]) : 0.0f;
                const float16 b = vload16(0, added);
                visible &= ~(b == (float16)(-INFINITY));
                s += b;
#endif
#ifdef MASK
                int kept[16];
                __global const uchar *mask_row = BEGIN(mask) + a->mask_offset + (long)batch * a->mask[0]
                    + (long)head * a->mask[1] + (long)(first + r) * a->mask[2];
                for (int j = 0; j < 16; j++) kept[j] = j < count && mask_row[(start + j) * a->mask[3]] != 0 ? -1 : 0;
                visible &= vload16(0, kept);
#endif
                if (!any(visible)) continue;
                s = select((float16)(-INFINITY), s, visible);
                const float largest = fmax(best[r], lanes_max(s));
                // With nothing but −∞ so far there is no maximum to subtract: e^(−∞) is 0 all the same.
                const float shift = largest == -INFINITY ? 0.0f : largest;
                float16 moved = s - shift;
                float16 weight = select((float16)(0.0f), exponential(moved), visible);
                const float rescale = exponential((float16)(best[r] - shift)).s0;
                best[r] = largest;
                total[r] = total[r] * rescale + lanes_sum(weight);
#ifdef PATTERN
                float scores[16];
                int marks[16];
                vstore16(s, 0, scores);
                vstore16(visible, 0, marks);
                for (int j = 0; j < count; j++)
                    if (marks[j]) SCORES[(row + r) * a->keys + (ulong)(start + j)] = scores[j];
#endif
#ifdef OUTPUT
                for (int v = 0; v < VALUES; v++) sums[r][v] *= rescale;
                float weights[16];
                int counts[16];
                vstore16(weight, 0, weights);
                vstore16(visible, 0, counts);
                for (int j = 0; j < count; j++) {
                    if (!counts[j]) continue;
                    __global const STORED(KIND) *from_value = values + (start + j) * a->value[2];
                    for (int v = 0; v < VALUES; v++) {
                        float16 x;
                        if (a->value[3] == 1 && v * 16 + 16 <= VALUE) {
                            x = LOAD_F(KIND, from_value, v * 16);
                        } else {
                            float room[16];
                            for (int d = 0; d < 16; d++) {
                                room[d] = v * 16 + d < VALUE
                                    ? LOAD(KIND, from_value, (v * 16 + d) * a->value[3]) : 0.0f;
                            }
                            x = vload16(0, room);
                        }
                        sums[r][v] = fma((float16)(weights[j] * lift), x, sums[r][v]);
                    }
                }
#endif
            }
        }

        bool spoiled = false;
        for (int r = 0; r < rows; r++) {
            // Nothing visible: exactly 0.
            const float factor = total[r] == 0.0f ? 0.0f : 1.0f / total[r];
#ifdef OUTPUT
            __global STORED(KIND) *to = BEGIN(out) + (row + r) * VALUE;
            for (int v = 0; v < VALUES; v++) {
                float16 x = sums[r][v] * (factor / lift);
                if (attempt == 0) {
                    spoiled |= any(~(fabs(x) < (float16)(INFINITY)));
                } else {
                    float before[16];
                    for (int d = 0; d < 16; d++) before[d] = v * 16 + d < VALUE ? LOAD(KIND, to, v * 16 + d) : 0.0f;
                    const float16 earlier = vload16(0, before);
                    x = select(x, earlier, fabs(earlier) < (float16)(INFINITY));
                }
                if (v * 16 + 16 <= VALUE) {
                    STORE_F(KIND, x, to, v * 16);
                } else {
                    float room[16];
                    vstore16(x, 0, room);
                    for (int d = 0; v * 16 + d < VALUE; d++) STORE(KIND, room[d], to, v * 16 + d);
                }
            }
#endif
#ifdef PATTERN
            const float shift = best[r] == -INFINITY ? 0.0f : best[r];
            __global const float *line = SCORES + (row + r) * a->keys;
            __global STORED(KIND) *weights = BEGIN(pattern) + (row + r) * a->keys;
            for (long start = 0; start < (long)a->keys; start += 16) {
                const int count = (int)min(16L, (long)a->keys - start);
                float room[16];
                for (int j = 0; j < 16; j++) room[j] = j < count ? line[start + j] : -INFINITY;
                const float16 s = vload16(0, room);
                const float16 p = exponential(s - shift) * factor;
                vstore16(select(p, (float16)(0.0f), s == (float16)(-INFINITY)), 0, room);
                for (int j = 0; j < count; j++) STORE(KIND, room[j], weights, start + j);
            }
#endif
#ifdef LOG_SUM
            BEGIN(log_sum)[row + r] = log_sum_of(best[r], total[r]);
#endif
        }
        if (!spoiled) break;
    }
}
