// One element of each input, one of the output, under any strides. The host defines INPUTS (1 to 3),
// OPERATION, KIND_OUT and KIND_1 to KIND_3.

#if WIDTH == 16
// `count` numbers with a stride, the rest zeros.
#define GATHER(kind, p, i, stride, count, name) \
    float name##_room[16] = {0}; \
    for (uint lane = 0; lane < count; lane++) name##_room[lane] = LOAD(kind, p, (i) + (long)lane * stride); \
    name = vload16(0, name##_room);

#define READ(kind, p, start, stride, i, count, name) \
    F name; \
    if (stride == 1 && count == 16) { \
        name = LOAD_F(kind, p, start + (i)); \
    } else if (stride == 0) { \
        name = (F)(LOAD(kind, p, start)); \
    } else { \
        GATHER(kind, p, start + (long)(i) * stride, stride, count, name) \
    }
#else
#define READ(kind, p, start, stride, i, count, name) NUMBER(kind) name = LOAD(kind, p, start + (long)(i) * stride);
#endif

GROUP __kernel void elementwise(
    OUT(STORED(KIND_OUT), out), IN(STORED(KIND_1), first),
#if INPUTS > 1
    IN(STORED(KIND_2), second),
#endif
#if INPUTS > 2
    IN(STORED(KIND_3), third),
#endif
    const Walk walk
) {
    const Walk *w = &walk;
    const ulong id = get_global_id(0);
#if CPU_CLASS
    const uint chunks = (w->inner + w->chunk - 1) / w->chunk;
    const uint begin = (uint)(id % chunks) * w->chunk, end = min(begin + w->chunk, w->inner);
    const uint first_row = (uint)(id / chunks) * w->item_rows, last_row = min(first_row + w->item_rows, w->rows);
#else
    if (id >= (ulong)w->rows * w->inner) return;
    const uint begin = (uint)(id % w->inner), end = begin + 1;
    const uint first_row = (uint)(id / w->inner), last_row = first_row + 1;
#endif
    for (uint row = first_row; row < last_row; row++) {
        const long to = row_start(w, 0, row);
        const long from_1 = row_start(w, 1, row);
        const int step_1 = w->inner_stride[1];
#if INPUTS > 1
        const long from_2 = row_start(w, 2, row);
        const int step_2 = w->inner_stride[2];
#endif
#if INPUTS > 2
        const long from_3 = row_start(w, 3, row);
        const int step_3 = w->inner_stride[3];
#endif
        for (uint i = begin; i < end; i += WIDTH) {
            const uint count = min((uint)WIDTH, end - i);
            READ(KIND_1, BEGIN(first), from_1, step_1, i, count, a)
#if INPUTS == 1
#define RESULT OPERATION(a)
#elif INPUTS == 2
            READ(KIND_2, BEGIN(second), from_2, step_2, i, count, b)
#define RESULT OPERATION(a, b)
#else
            READ(KIND_2, BEGIN(second), from_2, step_2, i, count, b)
            READ(KIND_3, BEGIN(third), from_3, step_3, i, count, c)
#define RESULT OPERATION(a, b, c)
#endif
#if WIDTH == 16
            const F result = RESULT;
            if (count == 16 && w->inner_stride[0] == 1) {
                STORE_F(KIND_OUT, result, BEGIN(out), to + i);
            } else {
                float room[16];
                vstore16(result, 0, room);
                for (uint lane = 0; lane < count; lane++)
                    STORE(KIND_OUT, room[lane], BEGIN(out), to + (long)(i + lane) * w->inner_stride[0]);
            }
#else
            STORE(KIND_OUT, RESULT, BEGIN(out), to + (long)i * w->inner_stride[0]);
#endif
        }
    }
}
