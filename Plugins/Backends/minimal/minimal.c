/*
 * A whole backend in one file: every primitive, on dense inputs, in plain loops. It claims no composite, so the
 * host opens attention and all else into primitives, and models run. In this folder:
 *
 *     cc -shared -fPIC -O2 -I ../../../Sources/CAttendBackend/include minimal.c -o libminimal.so -lm
 *     attend run --model ... --plugin ./libminimal.so --backend minimal "a cat" "a kitten"
 *
 * It takes float32, int32, int64 and bool, and has no memory and no queue of its own: what it need not have is
 * NULL in its table. Floats are computed in float, integers in int64_t, and wrapped where they are stored.
 */
#include "attend_backend.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The operations, with the function that runs each. */
#define OPERATIONS(X) \
    X(add, map) X(subtract, map) X(multiply, map) X(divide, map) X(minimum, map) X(maximum, map) X(power, map) \
    X(equal, map) X(less, map) X(less_equal, map) X(greater, map) X(greater_equal, map) X(and, map) X(or, map) \
    X(not, map) X(negate, map) X(abs, map) X(sign, map) X(floor, map) X(exp, map) X(log, map) X(sqrt, map) \
    X(reciprocal_sqrt, map) X(reciprocal, map) X(tanh, map) X(erf, map) X(sin, map) X(cos, map) X(where, map) \
    X(cast, map) X(iota, map) X(reshape, map) X(stop_gradient, map) X(transpose, map) X(broadcast, map) \
    X(slice, map) X(pad, put) X(concatenate, put) X(update_slice, put) X(gather, gather) X(scatter_add, gather) \
    X(reduce_sum, reduce) X(reduce_max, reduce) X(arg_max, reduce) X(matmul, multiply) X(random, map)
#define ENUM(name, body) OP_##name,
enum { OPERATIONS(ENUM) OPERATION_COUNT, MAX_RANK = 12 };

/* Where elements lie: element i of a value of this shape, in row-major order, is at start + index * stride. */
typedef struct { int rank, dtype; int64_t shape[MAX_RANK], stride[MAX_RANK], start; } view;

static int64_t count(const view *v) {
    int64_t n = 1;
    for (int a = 0; a < v->rank; a++) n *= v->shape[a];
    return n;
}
static int64_t at(const view *v, int64_t i) {
    int64_t place = v->start;
    for (int a = v->rank - 1; a >= 0; a--) { place += i % v->shape[a] * v->stride[a]; i /= v->shape[a]; }
    return place;
}
/* A dense value under a shape, as NumPy broadcasts: axes of size 1 repeat, missing ones stand in front. */
static view under(const attend_operand *o, int rank, const int64_t *shape) {
    view v = {.rank = rank, .dtype = o->dtype};
    for (int64_t a = rank - 1, mine = o->rank - 1, stride = 1; a >= 0; a--, mine--) {
        v.shape[a] = shape[a];
        v.stride[a] = mine >= 0 && o->shape[mine] != 1 ? stride : 0;
        stride *= mine >= 0 ? o->shape[mine] : 1;
    }
    return v;
}

/* A prepared operation. What the numbers mean is up to the function that runs it, on items begin..end. */
struct attend_kernel {
    attend_loop_body body; attend_context *context;
    int op, inputs, axis;
    int64_t items, n, m, k, outer, inner, step[2], seed; double fill;
    view out, in[]; /* how the inputs are read, or where in the output they are put */
};
typedef struct { const attend_kernel *k; char **in, *out; attend_error *error; } call;
#define CALL call *c = argument; const attend_kernel *k = c->k; char **in = c->in, *out = c->out
static const attend_host *host;

ATTEND_CONSTANT_ERROR(no_room, ATTEND_ERROR_OUT_OF_MEMORY, "out of memory");
ATTEND_CONSTANT_ERROR(no_primitive, ATTEND_ERROR_UNSUPPORTED, "only primitives have kernels here");
ATTEND_CONSTANT_ERROR(no_type, ATTEND_ERROR_UNSUPPORTED, "only float32, int32, int64 and bool of up to 12 dimensions");
static void free_error(attend_error *error) { free(error); }
static attend_error *bad_index(int64_t index, int64_t size) {
    attend_error *e = malloc(sizeof *e), value = {sizeof *e, ATTEND_ERROR_INDEX, NULL, free_error, index, size, NULL};
    if (e) *e = value;
    return e ? e : &no_room;
}

/* ---- Elements ---- */
typedef union { float f; int64_t i; } number;
static number load(const char *p, int dtype, int64_t i) {
    if (dtype == ATTEND_FLOAT32) return (number){.f = ((const float *)p)[i]};
    if (dtype == ATTEND_INT64) return (number){.i = ((const int64_t *)p)[i]};
    return (number){.i = dtype == ATTEND_INT32 ? ((const int32_t *)p)[i] : p[i]};
}
static void store(char *p, int dtype, int64_t i, number x) {
    if (dtype == ATTEND_FLOAT32) ((float *)p)[i] = x.f;
    else if (dtype == ATTEND_INT64) ((int64_t *)p)[i] = x.i;
    else if (dtype == ATTEND_INT32) ((int32_t *)p)[i] = (int32_t)(uint32_t)x.i; /* wraps */
    else p[i] = x.i != 0;
}
/* Floats become integers toward zero and as near as fits, NaN 0. */
static number converted(double x, int dtype) {
    int64_t least = dtype == ATTEND_INT32 ? INT32_MIN : INT64_MIN, most = -(least + 1);
    if (dtype == ATTEND_FLOAT32) return (number){.f = (float)x};
    if (dtype == ATTEND_BOOL) return (number){.i = x != 0};
    return (number){.i = isnan(x) ? 0 : x <= (double)least ? least : x >= (double)most ? most : (int64_t)x};
}
static number cast(number x, int from, int to) {
    if (from == ATTEND_FLOAT32) return converted(x.f, to);
    if (to == ATTEND_FLOAT32) return (number){.f = (float)x.i};
    if (to == ATTEND_INT32) x.i = x.i < INT32_MIN ? INT32_MIN : x.i > INT32_MAX ? INT32_MAX : x.i;
    return x;
}

/* ---- Element by element: arithmetic, comparisons, and views, which change nothing but the place ---- */
#define TEST(name, sign) case OP_##name: return (number){.i = is_float ? a sign b : i sign j};
#define BOTH(name, of_floats, of_ints) \
    case OP_##name: return is_float ? (number){.f = of_floats} : (number){.i = (int64_t)(of_ints)};
#define FLOAT(name, result) case OP_##name: return (number){.f = result};
static number apply(int op, int is_float, number p, number q) {
    float a = p.f, b = q.f;
    int64_t i = p.i, j = q.i; uint64_t x = (uint64_t)i, y = (uint64_t)j; /* C leaves signed overflow undefined */
    switch (op) {
    TEST(equal, ==) TEST(less, <) TEST(less_equal, <=) TEST(greater, >) TEST(greater_equal, >=)
    BOTH(add, a + b, x + y) BOTH(subtract, a - b, x - y) BOTH(multiply, a * b, x * y)
    BOTH(divide, a / b, j == 0 ? 0 : j == -1 ? 0 - x : (uint64_t)(i / j)) BOTH(and, 0, i && j) BOTH(or, 0, i || j)
    BOTH(minimum, isnan(a) || a < b ? a : b, i < j ? i : j) BOTH(maximum, isnan(a) || a > b ? a : b, i > j ? i : j)
    BOTH(negate, -a, 0 - x) BOTH(abs, fabsf(a), i < 0 ? 0 - x : x) BOTH(not, 0, !i)
    BOTH(sign, a > 0 ? 1 : a < 0 ? -1 : a, (i > 0) - (i < 0)) FLOAT(reciprocal_sqrt, 1 / sqrtf(a))
    FLOAT(power, powf(a, b)) FLOAT(floor, floorf(a)) FLOAT(exp, expf(a)) FLOAT(log, logf(a)) FLOAT(sqrt, sqrtf(a))
    FLOAT(reciprocal, 1 / a) FLOAT(tanh, tanhf(a)) FLOAT(erf, (float)erf(a)) FLOAT(sin, sinf(a)) FLOAT(cos, cosf(a))
    default: return p;
    }
}
static void map(void *argument, int64_t begin, int64_t end) {
    CALL;
    int from = k->inputs ? k->in[k->inputs - 1].dtype : ATTEND_INT64;
    for (int64_t i = begin; i < end; i++) {
        number x[3] = {{.i = k->inputs ? 0 : at(&k->in[0], i)}}; /* iota counts places */
        for (int j = 0; j < k->inputs; j++) x[j] = load(in[j], k->in[j].dtype, at(&k->in[j], i));
        if (k->op == OP_where) x[0] = x[0].i ? x[1] : x[2];
        else if (k->op == OP_random) x[0].f = attend_random_element(k->seed, x[0].i, i);
        else if (k->op == OP_cast || k->op == OP_iota) x[0] = cast(x[0], from, k->out.dtype);
        else x[0] = apply(k->op, from == ATTEND_FLOAT32, x[0], x[1]);
        store(out, k->out.dtype, i, x[0]);
    }
}

/* ---- Putting and picking: these run as one item ---- */
/* Puts inputs into boxes of the output, one after another; where an update's box lies is known only now. */
static void put(void *argument, int64_t i, int64_t end) {
    CALL;
    int dtype = k->out.dtype, updates = k->op == OP_update_slice;
    for (; k->op == OP_pad && i < k->n; i++) store(out, dtype, i, converted(k->fill, dtype));
    for (int64_t j = 0; j < k->inputs - updates; j += end) {
        int64_t shift = 0, size = k->out.shape[k->axis], start = updates ? load(in[2], k->in[2].dtype, 0).i : 0;
        if (updates && j == 1) {
            shift = start < 0 ? start + size : start;
            if (shift < 0 || shift > size - k->in[1].shape[k->axis]) { c->error = bad_index(start, size); return; }
        }
        for (int64_t e = 0, n = count(&k->in[j]); e < n; e++)
            store(out, dtype, at(&k->in[j], e) + shift * k->out.stride[k->axis], load(in[j], dtype, e));
    }
}
/* gather and scatter_add: an axis of k elements becomes m indices, between `outer` and `inner` elements. Indices are
   checked even if nothing moves. */
static void gather(void *argument, int64_t i, int64_t end) {
    CALL;
    int dtype = k->out.dtype, adds = k->op == OP_scatter_add, is_float = dtype == ATTEND_FLOAT32;
    for (; adds && i < k->n; i++) store(out, dtype, i, load(in[0], dtype, i));
    for (int64_t o = 0; o < (k->outer ? k->outer : 1) * k->m; o += end) {
        int64_t given = load(in[1], k->in[1].dtype, o % k->m).i, row = given < 0 ? given + k->k : given;
        if (row < 0 || row >= k->k) { c->error = bad_index(given, k->k); return; }
        for (int64_t e = 0; k->outer && e < k->inner; e++) {
            int64_t here = (o / k->m * k->k + row) * k->inner + e, there = o * k->inner + e;
            if (!adds) store(out, dtype, there, load(in[0], dtype, here));
            else store(out, dtype, here, apply(OP_add, is_float, load(out, dtype, here), load(in[2], dtype, there)));
        }
    }
}

/* ---- Sums ---- */
/* in[0] walks along the rows' first elements, in[1] along the m elements of a row. NaN is larger than all. */
static void reduce(void *argument, int64_t begin, int64_t end) {
    CALL;
    int dtype = k->in[0].dtype, is_float = dtype == ATTEND_FLOAT32;
    for (int64_t i = begin; i < end; i++) {
        int64_t first = at(&k->in[0], i), best = 0;
        number x = converted(k->op == OP_reduce_sum ? 0 : -INFINITY, dtype);
        for (int64_t j = 0; j < k->m; j++) {
            number y = load(in[0], dtype, first + at(&k->in[1], j));
            if (k->op == OP_reduce_sum) x = apply(OP_add, is_float, x, y);
            else if (is_float ? !isnan(x.f) && (isnan(y.f) || x.f < y.f) : x.i < y.i) x = y, best = j;
        }
        store(out, k->out.dtype, i, k->op == OP_arg_max ? (number){.i = best} : x);
    }
}
/* in[0] walks along the rows of all left matrices, in[1] along the columns of all right ones; both have k elements. */
static void multiply(void *argument, int64_t begin, int64_t end) {
    CALL;
    for (int64_t row = begin; row < end; row++)
        for (int64_t n = 0; n < k->n; n++) {
            float *l = (float *)in[0] + at(&k->in[0], row), *r = (float *)in[1] + at(&k->in[1], row / k->m * k->n + n);
            float sum = 0;
            for (int64_t i = 0; i < k->k; i++) sum += l[i * k->step[0]] * r[i * k->step[1]];
            ((float *)out)[row * k->n + n] = sum;
        }
}
/* ---- Prepare: how each operation reads and writes ---- */
static void plan(attend_kernel *k, const attend_request *r) {
    view d = k->in[0], *in = k->in, *out = &k->out;
    const attend_attribute *axes = attend_find_attribute(r, "axes"), *steps = attend_find_attribute(r, "steps");
    const int64_t *order = attend_find_attribute(r, "permutation")->integers, *before, *starts;
    int64_t axis = attend_find_attribute(r, "axis")->integer;
    before = attend_find_attribute(r, "before")->integers; starts = attend_find_attribute(r, "starts")->integers;
    k->axis = (int)(axis < 0 ? axis + (k->inputs ? d.rank : out->rank) : axis);
    switch (k->op) {
    case OP_reshape: case OP_iota: case OP_transpose:
        in[0] = *out;
        for (int a = 0; a < out->rank && k->op != OP_reshape; a++)
            in[0].stride[a] = k->op == OP_iota ? a == k->axis : d.stride[order[a]];
        break;
    case OP_slice:
        memcpy(in[0].shape, out->shape, sizeof d.shape);
        for (size_t i = 0; i < axes->count; i++) {
            int64_t a = (axes->integers[i] + d.rank) % d.rank, step = steps->count ? steps->integers[i] : 1;
            int64_t start = starts[i] + (starts[i] < 0) * d.shape[a], low = step > 0 ? 0 : -1, high = d.shape[a] + low;
            in[0].start += (start < low ? low : start > high ? high : start) * d.stride[a];
            in[0].stride[a] = out->shape[a] > 1 ? d.stride[a] * step : 0;
        }
        break;
    case OP_pad: case OP_concatenate: case OP_update_slice:
        for (int64_t i = 0, start = 0; i < k->inputs; start += in[i++].shape[k->axis] * out->stride[k->axis]) {
            memcpy(in[i].stride, out->stride, sizeof d.stride);
            in[i].start = k->op == OP_concatenate ? start : 0;
            for (int a = 0; a < d.rank && before; a++) in[i].start += before[a] * out->stride[a];
        }
        k->items = 1; break;
    case OP_gather: case OP_scatter_add:
        for (int a = 0; a < d.rank; a++) *(a < k->axis ? &k->outer : a > k->axis ? &k->inner : &k->k) *= d.shape[a];
        k->m = count(&in[1]); k->items = 1; break;
    case OP_reduce_sum: case OP_reduce_max: case OP_arg_max:
        in[1] = in[0];
        in[0].rank = in[1].rank = 0;
        for (int a = 0; a < d.rank; a++) {
            int is_reduced = k->op == OP_arg_max ? a == k->axis : !axes->kind; /* all, where none are named */
            for (size_t i = 0; i < axes->count; i++) is_reduced |= (axes->integers[i] + d.rank) % d.rank == a;
            view *v = &in[is_reduced];
            v->shape[v->rank] = d.shape[a]; v->stride[v->rank++] = d.stride[a];
        }
        k->m = count(&in[1]); break;
    case OP_matmul:
        k->m = out->shape[out->rank - 2]; k->n = out->shape[out->rank - 1];
        for (int i = 0; i < 2; i++) { /* the batches stretched; then the axis of the sums is taken off */
            int rank = r->inputs[i]->rank, last = out->rank - 1, sums = last - 1;
            view to = *out, *v = &in[i];
            memcpy(&to.shape[sums], &r->inputs[i]->shape[rank - 2], 2 * sizeof(int64_t));
            *v = under(r->inputs[i], out->rank, to.shape);
            if (attend_find_attribute(r, i ? "transpose_rhs" : "transpose_lhs")->integer == i) sums = last;
            k->k = v->shape[sums]; k->step[i] = v->stride[sums];
            v->shape[sums] = v->shape[last]; v->stride[sums] = v->stride[last];
            v->rank--;
        }
        k->items = count(&in[0]); break;
    default: for (int i = 0; i < k->inputs; i++) in[i] = under(r->inputs[i], out->rank, out->shape);
    }
}

/* ---- The table ---- */
#define ROW(name, body) {#name ".v1", body},
static const struct { const char *name; attend_loop_body body; } operations[] = {OPERATIONS(ROW)};
/* There is no state, so the handle is the context that the host's services want. */
static attend_error *create(const attend_options *options, attend_backend **backend) {
    *backend = (attend_backend *)options->context;
    return NULL;
}
static attend_error *prepare(
    attend_backend *backend, const attend_request *r, attend_kernel_info *info, attend_kernel **made) {
    (void)info; /* what the host assumes is right: inputs come dense, and none is written over */
    int op = 0, inputs = r->input_count;
    while (op < OPERATION_COUNT && strcmp(operations[op].name, r->operation)) op++;
    if (op == OPERATION_COUNT) return &no_primitive;
    attend_kernel *k = calloc(1, sizeof *k + (size_t)(inputs + 2) * sizeof(view));
    if (!k) return &no_room;
    for (int i = 0; i <= inputs; i++) {
        const attend_operand *o = i < inputs ? r->inputs[i] : r->outputs[0];
        if (o->dtype == ATTEND_FLOAT16 || o->dtype == ATTEND_BFLOAT16 || o->rank > MAX_RANK) return free(k), &no_type;
        *(i < inputs ? &k->in[i] : &k->out) = under(o, o->rank, o->shape);
    }
    k->body = operations[op].body; k->context = (attend_context *)backend; k->op = op; k->inputs = inputs;
    k->items = k->n = count(&k->out); k->k = k->outer = k->inner = 1;
    k->seed = attend_find_attribute(r, "seed")->integer; k->fill = attend_find_attribute(r, "value")->number;
    plan(k, r);
    *made = k;
    return NULL;
}
static void kernel_free(attend_backend *backend, attend_kernel *k) { (void)backend; free(k); }
static attend_error *run(attend_backend *backend, attend_kernel *k, attend_instance *instance, attend_stream *stream,
                         const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend; (void)instance; (void)stream;
    char *in[k->inputs + 1]; /* buffers are addresses, as the memory is the host's */
    for (int i = 0; i < k->inputs; i++) in[i] = (char *)inputs[i].buffer + inputs[i].byte_offset;
    call c = {k, in, (char *)outputs[0].buffer + outputs[0].byte_offset, NULL};
    host->parallel_for(k->context, k->items, k->op == OP_matmul ? 4 : 4096, k->body, &c); /* on --threads threads */
    return c.error;
}
static const attend_plugin plugin = {
    .size = sizeof(attend_plugin), .major = ATTEND_BACKEND_MAJOR, .minor = ATTEND_BACKEND_MINOR, .name = "minimal",
    .version = "1.0.0", .create = create, .prepare = prepare, .kernel_free = kernel_free, .run = run};

const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error; /* NULL and no reason: the host knows which version was asked for */
    host = handshake->services(ATTEND_BACKEND_MAJOR, ATTEND_BACKEND_MINOR);
    return host ? &plugin : NULL;
}
