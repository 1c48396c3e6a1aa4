// Kernels that move elements as they are. The host defines ELEMENT, an unsigned integer of the dtype's size.

// Any layout to any layout.
GROUP __kernel void move_elements(OUT(ELEMENT, out), IN(ELEMENT, in), const Walk walk) {
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
    const int to_step = w->inner_stride[0], from_step = w->inner_stride[1];
    for (uint row = first_row; row < last_row; row++) {
        __global ELEMENT *to = BEGIN(out) + row_start(w, 0, row);
        __global const ELEMENT *from = BEGIN(in) + row_start(w, 1, row);
        if (to_step == 1 && from_step == 1) {
            for (uint i = begin; i < end; i++) to[i] = from[i];
        } else {
            for (uint i = begin; i < end; i++) to[(long)i * to_step] = from[(long)i * from_step];
        }
    }
}

// One value everywhere.
GROUP __kernel void fill_elements(OUT(ELEMENT, out), const ELEMENT value, const ulong count, const uint chunk) {
    const ulong begin = get_global_id(0) * chunk, end = min(begin + chunk, count);
    for (ulong i = begin; i < end; i++) BEGIN(out)[i] = value;
}

#ifdef INDEX_KIND

typedef struct {
    ulong outer;      // product of the axes before the indexed one
    ulong rows;       // size of the indexed axis
    ulong positions;  // number of indices
    ulong row;        // elements of the axes after it
    ulong starts;     // of update_rows: one, or one for each index of axis 0
} Indexing;

// out[outer, position, …] = in[outer, index, …]
GROUP __kernel void gather_rows(
    OUT(ELEMENT, out), IN(ELEMENT, in), IN(STORED(INDEX_KIND), indices), __global long *flag, const long caller,
    const Indexing g
) {
    const ulong id = get_global_id(0);
    // Indices are checked even if there is nothing to move.
    const ulong outer = max(g.outer, (ulong)1);
#if CPU_CLASS
    if (id >= outer * g.positions) return;
    const ulong block = id / g.positions, position = id % g.positions;
    const ulong index = (ulong)resolved(BEGIN(indices), position, (long)g.rows, flag, caller);
    if (g.outer == 0 || g.rows == 0) return;
    __global ELEMENT *to = BEGIN(out) + id * g.row;
    __global const ELEMENT *from = BEGIN(in) + (block * g.rows + index) * g.row;
    for (ulong i = 0; i < g.row; i++) to[i] = from[i];
#else
    const ulong width = max(g.row, (ulong)1);
    if (id >= outer * g.positions * width) return;
    const ulong place = id / width, block = place / g.positions, position = place % g.positions;
    const ulong index = (ulong)resolved(BEGIN(indices), position, (long)g.rows, flag, caller);
    if (g.outer == 0 || g.row == 0 || g.rows == 0) return;
    BEGIN(out)[id] = BEGIN(in)[(block * g.rows + index) * g.row + id % g.row];
#endif
}

// in with update over it from its start on, which must lie wholly inside. `positions` is the update's size.
GROUP __kernel void update_rows(
    INOUT(ELEMENT, out), IN(ELEMENT, update), IN(STORED(INDEX_KIND), start), __global long *flag, const long caller,
    const Indexing g
) {
    const ulong id = get_global_id(0);
    const ulong count = g.outer * g.positions;
    const long last = (long)g.rows - (long)g.positions;
    if (id < g.starts) {
        const long given = BEGIN(start)[id];
        const long first = given < 0 ? given + (long)g.rows : given;
        if (first < 0 || first > last) complain(flag, caller, given, (long)g.rows);
    }
#if CPU_CLASS
    if (id >= count) return;
    const ulong begin = 0, end = g.row, place = id;
#else
    if (id >= count * g.row) return;
    const ulong begin = id % g.row, end = begin + 1, place = id / g.row;
#endif
    const ulong block = place / g.positions;
    const long given = BEGIN(start)[block / (g.outer / g.starts)];
    const long first = given < 0 ? given + (long)g.rows : given;
    if (first < 0 || first > last) return;
    __global ELEMENT *to = BEGIN(out) + (block * g.rows + (ulong)first + place % g.positions) * g.row;
    __global const ELEMENT *from = BEGIN(update) + place * g.row;
    for (ulong i = begin; i < end; i++) to[i] = from[i];
}
#endif
