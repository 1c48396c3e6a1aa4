// attention.v1: which key a query sees, and what both forms of the kernel share.
//
// Softmax is online (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al.,
// FlashAttention, 2022): keys come block by block, and sums so far are rescaled when a larger score appears. Visibility
// is a predicate: a hidden key's score is never computed with, its weight is exactly 0, and its value is not
// multiplied.
//
// The host defines KIND (how queries, keys, values, the output and the pattern are stored), HEAD and VALUE (dimensions),
// and MASK, BIAS (its kind), LENGTHS, OFFSETS (kinds of the integers), PATTERN, LOG_SUM where they are given or wanted.
// Scores, weights and sums are float32 whatever the storage; a log-sum-exp always is.

typedef struct {
    ulong batch, heads, group, queries, keys;  // group: query heads that share a key/value head
    long query[4], key[4], value[4], mask[4], bias[4];  // strides
    long query_offset, key_offset, value_offset, mask_offset, bias_offset;  // first elements
    long window;  // 0 for none
    int causal, upper_left, lengths_scalar, offsets_scalar;
    float scale, soft_cap;  // 0 for no cap
} Attention;

#ifdef MASK
#define MASK_PARAMETER IN(uchar, mask),
#else
#define MASK_PARAMETER
#endif
#ifdef BIAS
#define BIAS_PARAMETER IN(STORED(BIAS), bias),
#else
#define BIAS_PARAMETER
#endif
#ifdef LENGTHS
#define LENGTHS_PARAMETER IN(STORED(LENGTHS), lengths),
#else
#define LENGTHS_PARAMETER
#endif
#ifdef OFFSETS
#define OFFSETS_PARAMETER IN(STORED(OFFSETS), offsets),
#else
#define OFFSETS_PARAMETER
#endif
#ifdef OUTPUT
#define OUTPUT_PARAMETER OUT(STORED(KIND), out),
#else
#define OUTPUT_PARAMETER
#endif
// Scores are kept until the largest is known: in the pattern itself, or beside one that would round them.
#ifndef PATTERN
#define PATTERN_PARAMETER
#elif IS_NARROW(KIND)
#define PATTERN_PARAMETER OUT(STORED(KIND), pattern), INOUT(float, scores),
#define SCORES BEGIN(scores)
#else
#define PATTERN_PARAMETER OUT(float, pattern),
#define SCORES BEGIN(pattern)
#endif
#ifdef LOG_SUM
#define LOG_SUM_PARAMETER OUT(float, log_sum),
#else
#define LOG_SUM_PARAMETER
#endif
#define PARAMETERS \
    OUTPUT_PARAMETER PATTERN_PARAMETER LOG_SUM_PARAMETER \
    IN(STORED(KIND), query), IN(STORED(KIND), key), IN(STORED(KIND), value), \
    MASK_PARAMETER BIAS_PARAMETER LENGTHS_PARAMETER OFFSETS_PARAMETER const Attention given

// Keys that lengths, causality and window leave to a query: from `low` up to `high`, which is not among them.
typedef struct {
    long low, high;
} Reach;

static Reach reach(const Attention *a, long query, long length, long offset) {
    Reach r = {0, clamp(length, 0L, (long)a->keys)};
    if (a->causal || a->window > 0) {
        // Held where no sum below can overflow, whatever offset the run was given.
        const long position = clamp(offset, -(1L << 60), 1L << 60) + query;
        if (a->causal) r.high = min(r.high, position + 1);
        if (a->window > 0) {
            r.low = max(r.low, position - a->window + 1);
            if (!a->causal) r.high = min(r.high, position + a->window);
        }
    }
    r.high = max(r.high, 0L);
    r.low = min(r.low, r.high);
    return r;
}

// Values are summed with weights up to 1 and divided at the end; where a sum on its way is not finite, rows are
// computed once more with weights made smaller by a power of two above the number of keys, so that only what is
// infinite itself comes out so. Not at once, for small values would lose digits.
static float lift_of(const Attention *a, int attempt) {
    return attempt == 0 ? 1.0f : as_float((127u - (32u - clz((uint)a->keys))) << 23);
}

#ifdef LENGTHS
#define LENGTH_OF(a, batch) ((long)BEGIN(lengths)[(a)->lengths_scalar ? 0 : (batch)])
#else
#define LENGTH_OF(a, batch) ((long)(a)->keys)
#endif
#ifdef OFFSETS
#define OFFSET_OF(a, batch, length) ((long)BEGIN(offsets)[(a)->offsets_scalar ? 0 : (batch)])
#else
#define OFFSET_OF(a, batch, length) ((a)->upper_left ? 0L : (length) - (long)(a)->queries)
#endif

// The bias and the mask of a query, counted in its head, and a key.
#ifdef BIAS
#define BIAS_AT(a, batch, head, query, key) \
    LOAD(BIAS, BEGIN(bias), (a)->bias_offset + (long)(batch) * (a)->bias[0] + (head) * (a)->bias[1] \
        + (query) * (a)->bias[2] + (key) * (a)->bias[3])
#endif
#ifdef MASK
#define MASK_AT(a, batch, head, query, key) \
    BEGIN(mask)[(a)->mask_offset + (long)(batch) * (a)->mask[0] + (head) * (a)->mask[1] + (query) * (a)->mask[2] \
        + (key) * (a)->mask[3]]
#endif

// Writes a query's output from its sums, `step` apart; returns whether a number is not finite. The second attempt writes
// those alone. Nothing visible, with a total of 0: exactly 0.
static bool write_output(__global STORED(KIND) *to, const float *sums, int step, float total, float lift, int attempt) {
    const float factor = total == 0.0f ? 0.0f : 1.0f / total;
    bool spoiled = false;
    for (int d = 0; d < VALUE; d++) {
        const float x = sums[d * step] * (factor / lift);
        if (attempt == 0) {
            spoiled |= !(fabs(x) < INFINITY);
            STORE(KIND, x, to, d);
        } else if (!(fabs(LOAD(KIND, to, d)) < INFINITY)) {
            STORE(KIND, x, to, d);
        }
    }
    return spoiled;
}

static float log_sum_of(float best, float total) { return total == 0.0f ? -INFINITY : best + log(total); }
