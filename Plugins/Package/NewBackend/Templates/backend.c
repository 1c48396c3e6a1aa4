/* A backend in C. It adds float32 values of one shape; everything else it refuses, and the host opens it into smaller
 * operations, or gives it to a backend that the user named with --fallback, or reports it with the reason. */
#include "attend_backend.h"
#include <stdlib.h>
#include <string.h>

struct attend_kernel { /* all that a prepared operation has to know */
    int64_t count;
};
static const attend_host *host;

ATTEND_CONSTANT_ERROR(no_kernel, ATTEND_ERROR_UNSUPPORTED, "template has no kernel for it yet");
ATTEND_CONSTANT_ERROR(no_room, ATTEND_ERROR_OUT_OF_MEMORY, "out of memory");

static attend_error *create(const attend_options *options, attend_backend **backend) {
    *backend = (attend_backend *)options->context; /* what the host's services want to know */
    return NULL;
}
/* A kernel for this very request, or the reason why there is none. Inputs come dense, in row-major order. */
static attend_error *prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel) {
    (void)backend, (void)info;
    const attend_operand *sum = request->outputs[0];
    if (strcmp(request->operation, "add.v1") || sum->dtype != ATTEND_FLOAT32) return &no_kernel;
    int64_t count = 1;
    for (int axis = 0; axis < sum->rank; axis++) count *= sum->shape[axis];
    for (int i = 0; i < 2; i++) {
        const attend_operand *input = request->inputs[i];
        if (input->rank != sum->rank) return &no_kernel;
        for (int axis = 0; axis < sum->rank; axis++)
            if (input->shape[axis] != sum->shape[axis]) return &no_kernel;
    }
    attend_kernel *made = malloc(sizeof *made);
    if (!made) return &no_room;
    made->count = count;
    *kernel = made;
    return NULL;
}
static void kernel_free(attend_backend *backend, attend_kernel *kernel) {
    (void)backend;
    free(kernel);
}

typedef struct {
    const float *lhs, *rhs;
    float *sum;
} operands;

static void add(void *argument, int64_t begin, int64_t end) {
    const operands *o = argument;
    for (int64_t i = begin; i < end; i++) o->sum[i] = o->lhs[i] + o->rhs[i];
}
static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)instance, (void)stream;
    operands o = {(const float *)((const char *)inputs[0].buffer + inputs[0].byte_offset),
                  (const float *)((const char *)inputs[1].buffer + inputs[1].byte_offset),
                  (float *)((char *)outputs[0].buffer + outputs[0].byte_offset)};
    host->parallel_for((attend_context *)backend, kernel->count, 4096, add, &o); /* on --threads threads */
    return NULL;
}

static const attend_plugin plugin = {
    .size = sizeof(attend_plugin), .major = ATTEND_BACKEND_MAJOR, .minor = ATTEND_BACKEND_MINOR, .name = "template",
    .version = "0.1.0", .create = create, .prepare = prepare, .kernel_free = kernel_free, .run = run};

const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    host = handshake->services(ATTEND_BACKEND_MAJOR, ATTEND_BACKEND_MINOR);
    return host ? &plugin : NULL;
}
