/* Errors without a message: refusals and runs alike. */
#include "honest.h"

static attend_error refusal = {sizeof refusal, ATTEND_ERROR_UNSUPPORTED, NULL, NULL, 0, 0, NULL};
static attend_error failure = {sizeof failure, ATTEND_ERROR_FAILED, NULL, NULL, 0, 0, NULL};

static attend_error *prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel) {
    return honest_prepare(backend, request, info, kernel) ? &refusal : NULL;
}
static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend, (void)kernel, (void)instance, (void)stream, (void)inputs, (void)outputs;
    return &failure;
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "null_message")) table.prepare = prepare, table.run = run;
    return host ? &table : NULL;
}
