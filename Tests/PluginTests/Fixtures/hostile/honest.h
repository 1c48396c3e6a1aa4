/* The part of the hostile plug-ins that is honest: a backend that adds dense float32 values. Each of them takes this
 * and puts something bad in one place. */
#include "attend_backend.h"
#include <stdlib.h>
#include <string.h>

struct attend_kernel {
    int64_t count;
};
static const attend_host *host;

ATTEND_CONSTANT_ERROR(only_add, ATTEND_ERROR_UNSUPPORTED, "it adds float32 and nothing else");
ATTEND_CONSTANT_ERROR(no_room, ATTEND_ERROR_OUT_OF_MEMORY, "no room");

static attend_error *honest_create(const attend_options *options, attend_backend **backend) {
    *backend = (attend_backend *)options->context;
    return NULL;
}
static attend_error *honest_prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                                    attend_kernel **kernel) {
    (void)backend, (void)info;
    const attend_operand *sum = request->outputs[0];
    if (strcmp(request->operation, "add.v1") || sum->dtype != ATTEND_FLOAT32) return &only_add;
    for (int i = 0; i < 2; i++) { /* nothing is stretched here */
        if (request->inputs[i]->rank != sum->rank) return &only_add;
        for (int axis = 0; axis < sum->rank; axis++)
            if (request->inputs[i]->shape[axis] != sum->shape[axis]) return &only_add;
    }
    attend_kernel *made = (attend_kernel *)malloc(sizeof *made);
    if (!made) return &no_room;
    made->count = 1;
    for (int axis = 0; axis < sum->rank; axis++) made->count *= sum->shape[axis];
    *kernel = made;
    return NULL;
}
static void honest_kernel_free(attend_backend *backend, attend_kernel *kernel) {
    (void)backend;
    free(kernel);
}
static attend_error *honest_run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                                attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend, (void)instance, (void)stream;
    const float *lhs = (const float *)((const char *)inputs[0].buffer + inputs[0].byte_offset);
    const float *rhs = (const float *)((const char *)inputs[1].buffer + inputs[1].byte_offset);
    float *sum = (float *)((char *)outputs[0].buffer + outputs[0].byte_offset);
    for (int64_t i = 0; i < kernel->count; i++) sum[i] = lhs[i] + rhs[i];
    return NULL;
}

/* The table; a plug-in changes entries of it before it returns it. */
static attend_plugin table;
static attend_plugin *honest_start(const attend_handshake *handshake, const char *name) {
    (void)no_room, (void)honest_run, (void)honest_prepare;
    host = handshake->services(ATTEND_BACKEND_MAJOR, ATTEND_BACKEND_MINOR);
    table.size = sizeof table;
    table.major = ATTEND_BACKEND_MAJOR;
    table.minor = ATTEND_BACKEND_MINOR;
    table.name = name;
    table.version = "1.0.0";
    table.create = honest_create;
    table.prepare = honest_prepare;
    table.kernel_free = honest_kernel_free;
    table.run = honest_run;
    return host ? &table : NULL;
}
