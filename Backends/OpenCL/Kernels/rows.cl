// Softmax and the norms: a group works on one row after another, `width` numbers each, stored as KIND. They compute on
// float32; a result is rounded to its storage once.
//
// A row is read in three passes, with a step of WIDTH numbers and some 4 (norms) to 20 (exponentials) flops on each: the
// first pass runs at the speed of memory, the others at that of the cache.

// Numbers of a row from i on; `fill` where the row has ended.
static F row_numbers(__global const STORED(KIND) *row, uint i, uint width, float fill) {
#if WIDTH == 16
    if (i + 16 <= width) return LOAD_F(KIND, row, i);
    float room[16];
    for (uint lane = 0; lane < 16; lane++) room[lane] = i + lane < width ? LOAD(KIND, row, i + lane) : fill;
    return vload16(0, room);
#else
    return LOAD(KIND, row, i);
#endif
}

static void put_numbers(F x, __global STORED(KIND) *row, uint i, uint width) {
#if WIDTH == 16
    if (i + 16 <= width) {
        STORE_F(KIND, x, row, i);
    } else {
        float room[16];
        vstore16(x, 0, room);
        for (uint lane = 0; i + lane < width; lane++) STORE(KIND, room[lane], row, i + lane);
    }
#else
    STORE(KIND, x, row, i);
#endif
}

// Where the row has ended, numbers that must not count are 0.
static F only_inside(F x, uint i, uint width) {
#if WIDTH == 16
    if (i + 16 <= width) return x;
    const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return select((F)(0.0f), x, lane < (int16)((int)(width - i)));
#else
    return x;
#endif
}

#define EACH_ROW(rows, item_rows) \
    for (uint row = get_group_id(0) * item_rows, row_end = min(row + item_rows, rows); row < row_end; row++)
#define EACH(i, width) for (uint i = get_local_id(0) * WIDTH; i < width; i += LANES * WIDTH)

GROUP __kernel void softmax(
    OUT(STORED(KIND), out), IN(STORED(KIND), in), const uint rows, const uint width, const uint item_rows
) {
    ROOM_OF(room);
    EACH_ROW(rows, item_rows) {
        __global const STORED(KIND) *from = BEGIN(in) + (ulong)row * width;
        __global STORED(KIND) *to = BEGIN(out) + (ulong)row * width;
        F best = (F)(-INFINITY);
        EACH(i, width) best = fmax(best, row_numbers(from, i, width, -INFINITY));
        const float largest = group_max(best, room);
        F sum = (F)(0.0f);
#ifdef LOG
        EACH(i, width) sum += only_inside(exponential(row_numbers(from, i, width, 0.0f) - largest), i, width);
        const float shift = log(group_sum(sum, room));
        EACH(i, width) put_numbers((row_numbers(from, i, width, 0.0f) - largest) - shift, to, i, width);
#elif IS_NARROW(KIND)
        // Exponentials are computed twice: stored between the passes they would be rounded twice.
        EACH(i, width) sum += only_inside(exponential(row_numbers(from, i, width, 0.0f) - largest), i, width);
        const float total = group_sum(sum, room);
        EACH(i, width) put_numbers(exponential(row_numbers(from, i, width, 0.0f) - largest) / total, to, i, width);
#else
        EACH(i, width) {
            const F e = exponential(row_numbers(from, i, width, 0.0f) - largest);
            put_numbers(e, to, i, width);
            sum += only_inside(e, i, width);
        }
        const float total = group_sum(sum, room);
        EACH(i, width) put_numbers(row_numbers(to, i, width, 0.0f) / total, to, i, width);
#endif
    }
}

// (x − mean) / √(variance + ε) · scale + bias (Ba, Kiros and Hinton, Layer Normalization, 2016); the variance in a
// second pass.
GROUP __kernel void layer_norm(
    OUT(STORED(KIND), out), IN(STORED(KIND), in),
#ifdef SCALE
    IN(STORED(KIND), scale),
#endif
#ifdef BIAS
    IN(STORED(KIND), bias),
#endif
    const uint rows, const uint width, const uint item_rows, const float epsilon
) {
    ROOM_OF(room);
    EACH_ROW(rows, item_rows) {
        __global const STORED(KIND) *from = BEGIN(in) + (ulong)row * width;
        __global STORED(KIND) *to = BEGIN(out) + (ulong)row * width;
        F sum = (F)(0.0f);
#ifndef ROOT_MEAN_SQUARE
        EACH(i, width) sum += row_numbers(from, i, width, 0.0f);
        const float mean = group_sum(sum, room) / (float)width;
        sum = (F)(0.0f);
#else
        const float mean = 0.0f;
#endif
        EACH(i, width) {
            const F x = row_numbers(from, i, width, mean) - mean;
            sum += x * x;
        }
        const float factor = 1.0f / sqrt(group_sum(sum, room) / (float)width + epsilon);
        EACH(i, width) {
            F x = (row_numbers(from, i, width, 0.0f) - mean) * factor;
#ifdef SCALE
            x = x * row_numbers(BEGIN(scale), i, width, 0.0f);
#endif
#ifdef BIAS
            x = x + row_numbers(BEGIN(bias), i, width, 0.0f);
#endif
            put_numbers(x, to, i, width);
        }
    }
}
