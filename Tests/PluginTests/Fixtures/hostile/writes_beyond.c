/* Computes rightly, and writes 16 bytes beyond its output. */
#include "honest.h"

static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    attend_error *error = honest_run(backend, kernel, instance, stream, inputs, outputs);
    memset((char *)outputs[0].buffer + outputs[0].byte_offset + kernel->count * 4, 0x55, 16);
    return error;
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "writes_beyond")) table.run = run;
    return host ? &table : NULL;
}
