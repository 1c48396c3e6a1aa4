/* A run that goes on for ever. */
#include "honest.h"

static volatile int forever = 1;

static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend, (void)kernel, (void)instance, (void)stream, (void)inputs, (void)outputs;
    while (forever) {}
    return NULL;
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "never_returns")) table.run = run;
    return host ? &table : NULL;
}
