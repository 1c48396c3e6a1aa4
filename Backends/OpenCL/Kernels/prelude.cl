// What every kernel starts from: how wide an item works, how each dtype is stored, and how an
// index turns into a place in memory.
//
// The host defines:
//   CPU_CLASS   1 where one item works through vectors alone, 0 where groups of items share work
//   WIDTH       numbers of type F that an item computes at a time: 16 or 1; in products 8, in attention 4 or 8 as well
//   LANES       items of a work-group
// No fused multiply-add unless it is written: a result does not depend on the compiler's taste.
#pragma OPENCL FP_CONTRACT OFF

#define GROUP __attribute__((reqd_work_group_size(LANES, 1, 1)))

// `name` with the width, as in float16.
#define JOINED_(name, width) name##width
#define JOINED(name, width) JOINED_(name, width)
#define WIDE(name) JOINED(name, WIDTH)

#if WIDTH > 1
typedef WIDE(float) F;
typedef WIDE(int) I;
typedef WIDE(uint) U;
#define AS_F WIDE(as_float)
#define AS_I WIDE(as_int)
#define AS_U WIDE(as_uint)
#define CONVERT_F WIDE(convert_float)
#else
typedef float F;
typedef int I;
#define AS_F as_float
#define AS_I as_int
#define CONVERT_F convert_float
#endif

// A buffer and the element at which the value begins: slices of a slab, without sub-buffers.
#define IN(type, name) __global const type *name##_buffer, const ulong name##_start
#define INOUT(type, name) __global type *name##_buffer, const ulong name##_start
#define OUT(type, name) __global type *name##_buffer, const ulong name##_start
#define BEGIN(name) (name##_buffer + name##_start)

// MARK: Storage

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)

typedef float stored_f32;
typedef half stored_f16;
typedef ushort stored_bf16;
typedef int stored_i32;
typedef long stored_i64;
typedef uchar stored_bool;

typedef float number_f32;
typedef float number_f16;
typedef float number_bf16;
typedef int number_i32;
typedef long number_i64;
typedef int number_bool;

// Whether storage has 16 bits: arithmetic is on float32, and what is kept there must not be stored before its end.
#define is_narrow_f32 0
#define is_narrow_f16 1
#define is_narrow_bf16 1
#define IS_NARROW(kind) PASTE(is_narrow, kind)

#define STORED(kind) PASTE(stored, kind)
#define NUMBER(kind) PASTE(number, kind)
#define LOAD(kind, p, i) PASTE(load, kind)(p, i)
#define STORE(kind, x, p, i) PASTE(store, kind)(x, p, i)
#define LOAD_F(kind, p, i) PASTE(load_many, kind)(p, i)
#define STORE_F(kind, x, p, i) PASTE(store_many, kind)(x, p, i)

#define load_f32(p, i) ((p)[i])
#define load_f16(p, i) vload_half(i, p)
#define load_bf16(p, i) as_float((uint)((p)[i]) << 16)
#define load_i32(p, i) ((p)[i])
#define load_i64(p, i) ((p)[i])
#define load_bool(p, i) ((int)((p)[i] != 0))

// Round to nearest even; a NaN stays one.
static ushort bf16_bits(float x) {
    uint bits = as_uint(x);
    return isnan(x) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

#define store_f32(x, p, i) ((p)[i] = (x))
#define store_f16(x, p, i) vstore_half_rte(x, i, p)
#define store_bf16(x, p, i) ((p)[i] = bf16_bits(x))
#define store_i32(x, p, i) ((p)[i] = (x))
#define store_i64(x, p, i) ((p)[i] = (x))
#define store_bool(x, p, i) ((p)[i] = (uchar)((x) != 0))

#if WIDTH > 1
#define load_many_f32(p, i) WIDE(vload)(0, (p) + (i))
#define load_many_f16(p, i) WIDE(vload_half)(0, (p) + (i))
#define load_many_bf16(p, i) AS_F(WIDE(convert_uint)(WIDE(vload)(0, (p) + (i))) << 16)
#define store_many_f32(x, p, i) WIDE(vstore)(x, 0, (p) + (i))
#define store_many_f16(x, p, i) JOINED(WIDE(vstore_half), _rte)(x, 0, (p) + (i))
#define store_many_bf16(x, p, i) WIDE(vstore)(bf16_bits_many(x), 0, (p) + (i))

static WIDE(ushort) bf16_bits_many(F x) {
    const U bits = AS_U(x);
    const U rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return WIDE(convert_ushort)(select(rounded, (bits >> 16) | 0x40, isnan(x)));
}
#else
#define load_many_f32 load_f32
#define load_many_f16 load_f16
#define load_many_bf16 load_bf16
#define store_many_f32 store_f32
#define store_many_f16 store_f16
#define store_many_bf16 store_bf16
#endif

// MARK: Walking through values

#define AXES 7
#define OPERANDS 4

// Values walked in step: outer axes, then one inner axis. Strides and offsets are in elements.
typedef struct {
    long offset[OPERANDS];
    int stride[OPERANDS][AXES];
    int inner_stride[OPERANDS];
    uint shape[AXES];
    uint rank;
    uint rows;       // product of the outer axes
    uint inner;      // size of the inner axis
    uint chunk;      // elements of the inner axis for one item
    uint item_rows;  // rows for one item
    uint padding;
} Walk;

// Where a row of an operand begins.
static long row_start(const Walk *walk, int operand, uint row) {
    long place = walk->offset[operand];
    for (int axis = (int)walk->rank - 1; axis >= 0; axis--) {
        uint size = walk->shape[axis];
        place += (long)(row % size) * walk->stride[operand][axis];
        row /= size;
    }
    return place;
}

// MARK: Errors

// The first index outside of its axis, for the host to find: state, caller, index, size.
// Plain stores: whichever of several wins, it is one that happened.
static void complain(__global long *flag, long caller, long index, long size) {
    if (atomic_cmpxchg((__global volatile int *)flag, 0, 1) == 0) {
        flag[1] = caller;
        flag[2] = index;
        flag[3] = size;
    }
}

#ifdef INDEX_KIND
// An index counted from the front; 0, and a complaint, for one that is outside.
static long resolved(__global const STORED(INDEX_KIND) *indices, ulong position, long size, __global long *flag, long caller) {
    long given = indices[position];
    long index = given < 0 ? given + size : given;
    if (index >= 0 && index < size) return index;
    complain(flag, caller, given, size);
    return 0;
}
#endif
