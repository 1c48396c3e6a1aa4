/* What ggml takes for what planning-benchmark measures: a run of 1,000 sums of single numbers on one thread, and building and
 * allocating the graph of a 12-layer encoder of BERT-base's sizes (ggml programs do both for every run).
 *
 *     cmake -S GGML -B build -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF && cmake --build build -j
 *     cc -O2 -I GGML/include ggml_planning.c -Lbuild/src -lggml -lggml-cpu -lggml-base -lstdc++ -lm -fopenmp -o ggml_planning
 */
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 41, NODES = 1000, LAYERS = 12, WIDTH = 768, HEADS = 12, INNER = 3072, TOKENS = 128 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *title, double *times, double unit, const char *name) {
    qsort(times, ROUNDS, sizeof(double), ascending);
    printf("%s: minimum %.2f, median %.2f %s\n", title, times[0] * unit, times[ROUNDS / 2] * unit, name);
}

static void running(ggml_backend_t backend) {
    struct ggml_init_params params = {ggml_tensor_overhead() * (NODES + 8) + ggml_graph_overhead_custom(2 * NODES, false), NULL, true};
    struct ggml_context *ctx = ggml_init(params);
    struct ggml_tensor *value = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, 1), *first = value;
    struct ggml_tensor *other = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, 1);
    for (int i = 0; i < NODES; i++) value = ggml_add(ctx, value, other);
    struct ggml_cgraph *graph = ggml_new_graph_custom(ctx, 2 * NODES, false);
    ggml_build_forward_expand(graph, value);
    ggml_backend_buffer_t buffer = ggml_backend_alloc_ctx_tensors(ctx, backend);
    float one = 1, two = 2, sum = 0;
    ggml_backend_tensor_set(first, &one, 0, 4);
    ggml_backend_tensor_set(other, &two, 0, 4);
    double times[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
        double start = now();
        ggml_backend_graph_compute(backend, graph);
        if (round >= 0) times[round] = (now() - start) / NODES;
    }
    ggml_backend_tensor_get(value, &sum, 0, 4);
    if (sum != 1 + 2 * NODES) exit(1);
    print("ggml, a run of 1000 nodes (sums of single numbers), a node", times, 1e9, "ns");
    ggml_backend_buffer_free(buffer);
    ggml_free(ctx);
}

static struct ggml_tensor *matrix(struct ggml_context *ctx, int in, int out) {
    return ggml_new_tensor_2d(ctx, GGML_TYPE_F32, in, out);
}

static struct ggml_tensor *linear(struct ggml_context *ctx, struct ggml_context *weights, struct ggml_tensor *x, int in, int out) {
    x = ggml_mul_mat(ctx, matrix(weights, in, out), x);
    return ggml_add(ctx, x, ggml_new_tensor_1d(weights, GGML_TYPE_F32, out));
}

static struct ggml_tensor *norm(struct ggml_context *ctx, struct ggml_context *weights, struct ggml_tensor *x) {
    x = ggml_mul(ctx, ggml_norm(ctx, x, 1e-12f), ggml_new_tensor_1d(weights, GGML_TYPE_F32, WIDTH));
    return ggml_add(ctx, x, ggml_new_tensor_1d(weights, GGML_TYPE_F32, WIDTH));
}

static struct ggml_tensor *heads(struct ggml_context *ctx, struct ggml_tensor *x) {
    return ggml_permute(ctx, ggml_reshape_3d(ctx, x, WIDTH / HEADS, HEADS, TOKENS), 0, 2, 1, 3);
}

/* From nothing to a graph whose values have places: weights are declared alone. */
static int plan(ggml_backend_t backend) {
    struct ggml_init_params params = {ggml_tensor_overhead() * 4096 + ggml_graph_overhead_custom(4096, false), NULL, true};
    struct ggml_context *ctx = ggml_init(params), *weights = ggml_init(params);
    struct ggml_tensor *x = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, WIDTH, TOKENS);
    ggml_set_input(x);
    for (int layer = 0; layer < LAYERS; layer++) {
        struct ggml_tensor *q = heads(ctx, linear(ctx, weights, x, WIDTH, WIDTH));
        struct ggml_tensor *k = heads(ctx, linear(ctx, weights, x, WIDTH, WIDTH));
        struct ggml_tensor *v = heads(ctx, linear(ctx, weights, x, WIDTH, WIDTH));
        struct ggml_tensor *pattern =
            ggml_soft_max_ext(ctx, ggml_mul_mat(ctx, k, q), NULL, 1 / sqrtf(WIDTH / HEADS), 0);
        struct ggml_tensor *mixed = ggml_mul_mat(ctx, ggml_cont(ctx, ggml_transpose(ctx, v)), pattern);
        mixed = ggml_cont_2d(ctx, ggml_permute(ctx, mixed, 0, 2, 1, 3), WIDTH, TOKENS);
        x = norm(ctx, weights, ggml_add(ctx, linear(ctx, weights, mixed, WIDTH, WIDTH), x));
        struct ggml_tensor *up = ggml_gelu(ctx, linear(ctx, weights, x, WIDTH, INNER));
        x = norm(ctx, weights, ggml_add(ctx, linear(ctx, weights, up, INNER, WIDTH), x));
    }
    ggml_set_output(x);
    struct ggml_cgraph *graph = ggml_new_graph_custom(ctx, 4096, false);
    ggml_build_forward_expand(graph, x);
    /* Weights have a place already in a real program. */
    for (struct ggml_tensor *t = ggml_get_first_tensor(weights); t; t = ggml_get_next_tensor(weights, t)) t->data = (void *)64;
    ggml_gallocr_t allocator = ggml_gallocr_new(ggml_backend_get_default_buffer_type(backend));
    if (!ggml_gallocr_alloc_graph(allocator, graph)) exit(1);
    int count = ggml_graph_n_nodes(graph);
    ggml_gallocr_free(allocator);
    ggml_free(weights);
    ggml_free(ctx);
    return count;
}

int main(void) {
    ggml_backend_t backend = ggml_backend_cpu_init();
    ggml_backend_cpu_set_n_threads(backend, 1);
    running(backend);
    double times[ROUNDS];
    int count = plan(backend);
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        plan(backend);
        times[round] = now() - start;
    }
    char title[128];
    snprintf(title, sizeof title, "ggml, building and allocating a 12-layer encoder (%d nodes)", count);
    print(title, times, 1e3, "ms");
    ggml_backend_free(backend);
    return 0;
}
