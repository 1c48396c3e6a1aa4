/*
 * A backend that claims one composite, attention, and leaves the rest to whom the user names. In this folder:
 *
 *     cc -shared -fPIC -O2 -I ../../../Sources/CAttendBackend/include fused.c -o libfused.so -lm
 *     attend run --model ... --plugin ./libfused.so --backend fused --fallback simd "a cat" "a kitten"
 *
 * The scores are never stored: each query keeps the largest score so far, and rescales its sums when a larger one
 * comes (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018). What it does not do it refuses
 * with the reason, and the host opens the composite or hands it on.
 */
#include "attend_backend.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY, KEY, VALUE, MASK }; /* the first inputs, in the operation's order */

struct attend_kernel {
    attend_context *context;
    int64_t batch, heads, groups, queries, keys, width, value_width; /* groups: query heads that share a key's head */
    int64_t mask[4];                                                 /* its strides: 0 where it is stretched */
    int is_causal;
    float scale;
};
typedef struct {
    const attend_kernel *kernel;
    const float *query, *key, *value;
    const uint8_t *mask;
    float *output;
} call;
static const attend_host *host;

ATTEND_CONSTANT_ERROR(no_room, ATTEND_ERROR_OUT_OF_MEMORY, "out of memory");
ATTEND_CONSTANT_ERROR(only_attention, ATTEND_ERROR_UNSUPPORTED, "it supports only attention");
ATTEND_CONSTANT_ERROR(only_output, ATTEND_ERROR_UNSUPPORTED, "it computes only the output, never the pattern");
ATTEND_CONSTANT_ERROR(only_float32, ATTEND_ERROR_UNSUPPORTED, "it supports only float32");
ATTEND_CONSTANT_ERROR(no_input, ATTEND_ERROR_UNSUPPORTED, "it supports only mask and causal for hiding keys");
ATTEND_CONSTANT_ERROR(no_attribute, ATTEND_ERROR_UNSUPPORTED, "it does not support soft_cap, window or upper_left");

/* The rows begin <= row < end, one for each batch, head and query. */
static void attend_rows(void *argument, int64_t begin, int64_t end) {
    const call *c = argument;
    const attend_kernel *k = c->kernel;
    for (int64_t row = begin; row < end; row++) {
        int64_t query = row % k->queries, head = row / k->queries % k->heads, batch = row / k->queries / k->heads;
        int64_t matrix = batch * (k->heads / k->groups) + head / k->groups;
        const float *q = c->query + row * k->width;
        const uint8_t *mask = c->mask;
        if (mask) mask += batch * k->mask[0] + head * k->mask[1] + query * k->mask[2];
        float *out = c->output + row * k->value_width, largest = -INFINITY, sum = 0;
        for (int64_t i = 0; i < k->value_width; i++) out[i] = 0;
        for (int64_t key = 0; key < k->keys; key++) {
            if (mask && !mask[key * k->mask[3]]) continue;
            if (k->is_causal && key > query + k->keys - k->queries) break;
            const float *other = c->key + (matrix * k->keys + key) * k->width;
            const float *value = c->value + (matrix * k->keys + key) * k->value_width;
            float score = 0;
            for (int64_t i = 0; i < k->width; i++) score += q[i] * other[i];
            score *= k->scale;
            if (score > largest) { /* all sums so far were for a smaller one */
                float share = expf(largest - score);
                sum *= share;
                for (int64_t i = 0; i < k->value_width; i++) out[i] *= share;
                largest = score;
            }
            float weight = score == -INFINITY ? 0 : expf(score - largest);
            sum += weight;
            for (int64_t i = 0; i < k->value_width; i++) out[i] += weight * value[i];
        }
        /* A query that saw no key has 0 already. */
        for (int64_t i = 0; i < k->value_width && sum != 0; i++) out[i] /= sum;
    }
}

/* Why there is no kernel for the request; NULL where there is one. */
static attend_error *refusal(const attend_request *r) {
    if (strcmp(r->operation, "attention.v1")) return &only_attention;
    for (int i = 1; i < r->output_count; i++)
        if (r->outputs[i]) return &only_output;
    if (!r->outputs[0]) return &only_output;
    for (int i = 0; i <= VALUE; i++)
        if (r->inputs[i]->dtype != ATTEND_FLOAT32) return &only_float32;
    for (int i = MASK + 1; i < r->input_count; i++)
        if (r->inputs[i]) return &no_input;
    const attend_attribute *alignment = attend_find_attribute(r, "alignment");
    if (attend_find_attribute(r, "soft_cap")->kind || attend_find_attribute(r, "window")->kind) return &no_attribute;
    if (alignment->string && strcmp(alignment->string, "lower_right")) return &no_attribute;
    return NULL;
}

static attend_error *create(const attend_options *options, attend_backend **backend) {
    *backend = (attend_backend *)options->context; /* all that the services want to know */
    return NULL;
}
static attend_error *prepare(
    attend_backend *backend, const attend_request *r, attend_kernel_info *info, attend_kernel **made) {
    attend_error *error = refusal(r);
    if (error) return error;
    const int64_t *query = r->inputs[QUERY]->shape, *key = r->inputs[KEY]->shape;
    const attend_operand *mask = r->inputs[MASK];
    attend_kernel *k = calloc(1, sizeof *k);
    if (!k) return &no_room;
    *k = (attend_kernel){
        .context = (attend_context *)backend, .batch = query[0], .heads = query[1], .queries = query[2],
        .keys = key[2], .width = query[3], .value_width = r->inputs[VALUE]->shape[3],
        .groups = key[1] ? query[1] / key[1] : 1, .is_causal = attend_find_attribute(r, "causal")->integer != 0};
    int64_t stride = 1;
    for (int axis = 3, mine = mask ? mask->rank - 1 : -1; mine >= 0; axis--, mine--) {
        k->mask[axis] = mask->shape[mine] == 1 ? 0 : stride;
        stride *= mask->shape[mine];
    }
    const attend_attribute *scale = attend_find_attribute(r, "scale");
    k->scale = (float)(scale->kind ? scale->number : 1 / sqrt(k->width ? (double)k->width : 1));
    info->name = "online softmax";
    info->flops = 2.0 * (double)(k->batch * k->heads * k->queries * k->keys) * (double)(k->width + k->value_width);
    *made = k;
    return NULL;
}
static void kernel_free(attend_backend *backend, attend_kernel *k) { (void)backend; free(k); }
static attend_error *run(attend_backend *backend, attend_kernel *k, attend_instance *instance, attend_stream *stream,
                         const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend; (void)instance; (void)stream;
    const char *in[4] = {NULL, NULL, NULL, NULL};
    for (int i = 0; i <= MASK; i++)
        if (inputs[i].buffer) in[i] = (const char *)inputs[i].buffer + inputs[i].byte_offset;
    call c = {k, (const float *)in[QUERY], (const float *)in[KEY], (const float *)in[VALUE], (const uint8_t *)in[MASK],
              (float *)((char *)outputs[0].buffer + outputs[0].byte_offset)};
    host->parallel_for(k->context, k->batch * k->heads * k->queries, 16, attend_rows, &c);
    return NULL;
}
static const attend_plugin plugin = {
    .size = sizeof(attend_plugin), .major = ATTEND_BACKEND_MAJOR, .minor = ATTEND_BACKEND_MINOR, .name = "fused",
    .version = "1.0.0", .create = create, .prepare = prepare, .kernel_free = kernel_free, .run = run};

const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    host = handshake->services(ATTEND_BACKEND_MAJOR, ATTEND_BACKEND_MINOR);
    return host ? &plugin : NULL;
}
