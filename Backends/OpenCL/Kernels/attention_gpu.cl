// Attention on a GPU: a group of LANES items takes QUERIES queries of one head. In each block of LANES keys an item
// owns a key and scores it for all the queries, so that a key is read once for all of them; then an item owns every
// LANES-th component of the values. A step of scores reads one number of a key, in its storage, and QUERIES of local
// memory for 2 · QUERIES flops: 16 flops on 4 or 2 bytes of global memory.
#define QUERIES 8
#define PARTS ((VALUE + LANES - 1) / LANES)

GROUP __kernel void attention(PARAMETERS) {
    const Attention *a = &given;
    const int lane = (int)get_local_id(0);
    const ulong blocks = (a->queries + QUERIES - 1) / QUERIES;
    const ulong id = get_group_id(0);
    const ulong first = id % blocks * QUERIES, head = id / blocks % a->heads, batch = id / blocks / a->heads;
    const int rows = (int)min((ulong)QUERIES, a->queries - first);
    const long shared = (long)(head / a->group);
    __global const STORED(KIND) *keys = BEGIN(key) + a->key_offset + (long)batch * a->key[0] + shared * a->key[1];
    __global const STORED(KIND) *values =
        BEGIN(value) + a->value_offset + (long)batch * a->value[0] + shared * a->value[1];
    const ulong row = (batch * a->heads + head) * a->queries + first;

    __local float queries[QUERIES][HEAD > 0 ? HEAD : 1];
    // A weight, or −1 for a hidden key.
    __local float weights[QUERIES][LANES];
    __local float room[LANES];
    for (int r = 0; r < QUERIES; r++) {
        __global const STORED(KIND) *from = BEGIN(query) + a->query_offset + (long)batch * a->query[0]
            + (long)head * a->query[1]
            + (long)(first + min(r, rows - 1)) * a->query[2];
        for (int d = lane; d < HEAD; d += LANES) queries[r][d] = LOAD(KIND, from, d * a->query[3]);
    }
    const long length = LENGTH_OF(a, batch), offset = OFFSET_OF(a, batch, length);
    for (int attempt = 0; attempt < 2; attempt++) {
        const float lift = lift_of(a, attempt);
        float best[QUERIES], total[QUERIES], sums[QUERIES][PARTS > 0 ? PARTS : 1];
        for (int r = 0; r < QUERIES; r++) {
            best[r] = -INFINITY;
            total[r] = 0.0f;
            for (int v = 0; v < PARTS; v++) sums[r][v] = 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        // The same for all items of the group: barriers stand below.
        for (long start = 0; start < (long)a->keys; start += LANES) {
            const long j = start + lane;
            const bool inside = j < (long)a->keys;
            __global const STORED(KIND) *from = keys + min(j, (long)a->keys - 1) * a->key[2];
            float score[QUERIES];
            for (int r = 0; r < QUERIES; r++) score[r] = 0.0f;
            for (int d = 0; d < HEAD; d++) {
                const float component = LOAD(KIND, from, d * a->key[3]);
                for (int r = 0; r < QUERIES; r++) score[r] = fma(queries[r][d], component, score[r]);
            }
            for (int r = 0; r < rows; r++) {
                float s = score[r] * a->scale;
                if (a->soft_cap != 0.0f) s = hyperbolic_tangent(s / a->soft_cap) * a->soft_cap;
                const Reach seen = reach(a, (long)first + r, length, offset);
                bool visible = inside && j >= seen.low && j < seen.high;
#ifdef BIAS
                if (inside) {
                    const float b = BIAS_AT(a, batch, (long)head, (long)(first + r), j);
                    visible = visible && b != -INFINITY;
                    s += b;
                }
#endif
#ifdef MASK
                if (inside)
                    visible = visible && MASK_AT(a, batch, (long)head, (long)(first + r), j) != 0;
#endif
                s = visible ? s : -INFINITY;
                const float largest = fmax(best[r], group_max(s, room));
                const float shift = largest == -INFINITY ? 0.0f : largest;
                const float weight = visible ? exponential(s - shift) : 0.0f;
                const float rescale = exponential(best[r] - shift);
                total[r] = total[r] * rescale + group_sum(weight, room);
                best[r] = largest;
                for (int v = 0; v < PARTS; v++) sums[r][v] *= rescale;
                weights[r][lane] = visible ? weight : -1.0f;
#ifdef PATTERN
                if (inside) SCORES[(row + r) * a->keys + (ulong)j] = s;
#endif
            }
            barrier(CLK_LOCAL_MEM_FENCE);
#ifdef OUTPUT
            const int count = (int)min((long)LANES, (long)a->keys - start);
            for (int k = 0; k < count; k++) {
                __global const STORED(KIND) *from_value = values + (start + k) * a->value[2];
                for (int v = 0; v < PARTS; v++) {
                    const int d = v * LANES + lane;
                    if (d < VALUE) {
                        const float x = LOAD(KIND, from_value, d * a->value[3]);
                        for (int r = 0; r < rows; r++) {
                            // Not `>= 0`: a weight that is NaN is a visible one.
                            if (!(weights[r][k] == -1.0f)) sums[r][v] = fma(weights[r][k] * lift, x, sums[r][v]);
                        }
                    }
                }
            }
#endif
            barrier(CLK_LOCAL_MEM_FENCE);
        }

        float spoiled = 0.0f;
        for (int r = 0; r < rows; r++) {
            const float factor = total[r] == 0.0f ? 0.0f : 1.0f / total[r];
#ifdef OUTPUT
            for (int v = 0; v < PARTS; v++) {
                const int d = v * LANES + lane;
                if (d >= VALUE) continue;
                __global STORED(KIND) *to = BEGIN(out) + (row + r) * VALUE + d;
                const float x = sums[r][v] * (factor / lift);
                if (attempt == 0 && !isfinite(x)) spoiled = 1.0f;
                if (attempt == 0 || !isfinite(LOAD(KIND, to, 0))) STORE(KIND, x, to, 0);
            }
#endif
#ifdef PATTERN
            const float shift = best[r] == -INFINITY ? 0.0f : best[r];
            // Each item reads what it wrote itself.
            for (ulong j = lane; j < a->keys; j += LANES) {
                const ulong place = (row + r) * a->keys + j;
                const float s = SCORES[place];
                STORE(KIND, s == -INFINITY ? 0.0f : exponential(s - shift) * factor, BEGIN(pattern), place);
            }
#endif
#ifdef LOG_SUM
            if (lane == 0) BEGIN(log_sum)[row + r] = log_sum_of(best[r], total[r]);
#endif
        }
        // The same for the whole group.
        if (group_max(spoiled, room) == 0.0f) break;
    }
}
