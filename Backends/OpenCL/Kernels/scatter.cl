// out[outer, indices[position], …] += updates[outer, position, …], in the order of the positions whatever the device:
// each item owns the elements that it adds to. The host defines KIND and INDEX_KIND.

typedef struct {
    ulong outer;
    ulong rows;
    ulong positions;
    ulong row;
} Indexing;

#ifdef NARROW
// Storage that rounds: an item owns one element, sums in float32 over the positions that name it, and rounds once.
GROUP __kernel void scatter_add(
    OUT(STORED(KIND), out), IN(STORED(KIND), in), IN(STORED(INDEX_KIND), indices), IN(STORED(KIND), updates),
    __global long *flag, const long caller, const Indexing g
) {
    const ulong id = get_global_id(0);
    if (g.outer * g.rows * g.row == 0) {
        // Indices are checked even if there is nothing to add.
        if (id < g.positions) resolved(BEGIN(indices), id, (long)g.rows, flag, caller);
        return;
    }
    if (id >= g.outer * g.rows * g.row) return;
    const ulong element = id % g.row, place = id / g.row, block = place / g.rows, row = place % g.rows;
    float sum = LOAD(KIND, BEGIN(in), id);
    for (ulong position = 0; position < g.positions; position++) {
        if ((ulong)resolved(BEGIN(indices), position, (long)g.rows, flag, caller) == row)
            sum += LOAD(KIND, BEGIN(updates), (block * g.positions + position) * g.row + element);
    }
    STORE(KIND, sum, BEGIN(out), id);
}
#else
// `out` holds the input already; an item owns a column of a block.
GROUP __kernel void scatter_add(
    INOUT(STORED(KIND), out), IN(STORED(INDEX_KIND), indices), IN(STORED(KIND), updates), __global long *flag,
    const long caller, const Indexing g
) {
    const ulong id = get_global_id(0);
    if (g.outer * g.rows * g.row == 0) {
        // Indices are checked even if there is nothing to add.
        if (id < g.positions) resolved(BEGIN(indices), id, (long)g.rows, flag, caller);
        return;
    }
    if (id >= g.outer * g.row) return;
    const ulong block = id / g.row, element = id % g.row;
    for (ulong position = 0; position < g.positions; position++) {
        const ulong row = (ulong)resolved(BEGIN(indices), position, (long)g.rows, flag, caller);
        const ulong to = (block * g.rows + row) * g.row + element;
        const NUMBER(KIND) update = LOAD(KIND, BEGIN(updates), (block * g.positions + position) * g.row + element);
        STORE(KIND, ADD(LOAD(KIND, BEGIN(out), to), update), BEGIN(out), to);
    }
}
#endif
