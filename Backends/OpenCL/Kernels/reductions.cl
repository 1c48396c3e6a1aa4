// One element of the output from many of the input: `kept` walks the output, `gone` the axes that vanish, of which the
// innermost is `inner`. The host defines KIND, and MAXIMUM or ARGUMENT where it is not a sum. On a GPU a group shares one
// output, or, with SHORT, each item has one of its own: a tree over a handful of elements would cost more than they do.

#if defined(REAL)
#define TOTAL float
#else
#define TOTAL NUMBER(KIND)
#endif

// a is beaten by b: a NaN beats all numbers, the first of equals stays.
#ifdef REAL
#define BEATS(a, b) (!isnan(a) && (isnan(b) || (a) < (b)))
#else
#define BEATS(a, b) ((a) < (b))
#endif

#if defined(MAXIMUM) || defined(ARGUMENT)
#define JOIN(a, b) (BEATS(a, b) ? (b) : (a))
#elif defined(REAL)
#define JOIN(a, b) ((a) + (b))
#else
#define JOIN(a, b) op_int_add(a, b)
#endif

GROUP __kernel void reduce(
#ifdef ARGUMENT
    OUT(long, out),
#else
    OUT(STORED(KIND), out),
#endif
    IN(STORED(KIND), in), const Walk kept, const Walk gone
) {
#ifdef SHORT
    const ulong output = get_global_id(0);
    if (output >= kept.rows) return;
#else
    const ulong output = get_group_id(0);
#endif
    __global const STORED(KIND) *from = BEGIN(in) + row_start(&kept, 1, (uint)output);
    TOTAL best = FIRST;
#ifdef ARGUMENT
    long place = -1;
#endif
#if CPU_CLASS || defined(SHORT)
    for (uint row = 0; row < gone.rows; row++) {
        __global const STORED(KIND) *line = from + row_start(&gone, 1, row);
        uint i = 0;
#if defined(REAL) && !defined(ARGUMENT) && WIDTH == 16
        // Sixteen partial results at a time where the elements lie side by side.
        if (gone.inner_stride[1] == 1 && gone.inner >= 16) {
            F lanes = LOAD_F(KIND, line, 0);
            for (i = 16; i + 16 <= gone.inner; i += 16) {
                const F next = LOAD_F(KIND, line, i);
#ifdef MAXIMUM
                lanes = op_maximum(lanes, next);
#else
                lanes += next;
#endif
            }
            float room[16];
            vstore16(lanes, 0, room);
#ifdef MAXIMUM
            for (uint lane = 0; lane < 16; lane++) best = JOIN(best, room[lane]);
#else
            best += lanes_sum(lanes);
#endif
        }
#endif
        for (; i < gone.inner; i++) {
            const TOTAL next = LOAD(KIND, line, (long)i * gone.inner_stride[1]);
#ifdef ARGUMENT
            if (place < 0 || BEATS(best, next)) { best = next; place = i; }
#else
            best = JOIN(best, next);
#endif
        }
    }
#else
    const ulong total = (ulong)gone.rows * gone.inner;
    for (ulong i = get_local_id(0); i < total; i += LANES) {
        const TOTAL next = LOAD(
            KIND, from, row_start(&gone, 1, (uint)(i / gone.inner)) + (long)(i % gone.inner) * gone.inner_stride[1]);
#ifdef ARGUMENT
        if (place < 0 || BEATS(best, next)) { best = next; place = (long)i; }
#else
        best = JOIN(best, next);
#endif
    }
    __local TOTAL room[LANES];
#ifdef ARGUMENT
    __local long places[LANES];
    places[get_local_id(0)] = place;
#endif
    room[get_local_id(0)] = best;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint step = LANES / 2; step > 0; step /= 2) {
        const uint lane = get_local_id(0);
        if (lane < step) {
#ifdef ARGUMENT
            const long mine = places[lane], theirs = places[lane + step];
            const TOTAL a = room[lane], b = room[lane + step];
            // Of equals the one that stands first.
            if (theirs >= 0 && (mine < 0 || BEATS(a, b) || (!BEATS(b, a) && theirs < mine))) {
                room[lane] = b;
                places[lane] = theirs;
            }
#else
            room[lane] = JOIN(room[lane], room[lane + step]);
#endif
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (get_local_id(0) != 0) return;
    best = room[0];
#ifdef ARGUMENT
    place = places[0];
#endif
#endif
#ifdef ARGUMENT
    BEGIN(out)[output] = place;
#else
    STORE(KIND, best, BEGIN(out), output);
#endif
}
