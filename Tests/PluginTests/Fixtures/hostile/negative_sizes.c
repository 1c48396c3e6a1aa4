/* Negative numbers wherever a size is expected. */
#include "honest.h"

static attend_error negative = {sizeof negative, ATTEND_ERROR_OUT_OF_MEMORY, "no room", NULL, INT64_MIN, -3, NULL};
static attend_error outside = {sizeof outside, ATTEND_ERROR_INDEX, "outside", NULL, INT64_MIN, -3, NULL};

static attend_error *describe(attend_backend *backend, attend_device *device) {
    (void)backend;
    device->threads = -7;
    return NULL;
}
static attend_error *prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel) {
    info->flops = -1, info->bytes = -1;
    return honest_prepare(backend, request, info, kernel);
}
static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend, (void)instance, (void)stream, (void)inputs, (void)outputs;
    /* A loop of less than nothing, and memory of a size that wraps around. */
    host->parallel_for(NULL, -5, -5, NULL, NULL);
    host->deallocate(NULL, host->allocate(NULL, (size_t)-64, 64));
    return kernel->count % 2 ? &outside : &negative;
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "negative_sizes")) table.describe = describe, table.prepare = prepare, table.run = run;
    return host ? &table : NULL;
}
