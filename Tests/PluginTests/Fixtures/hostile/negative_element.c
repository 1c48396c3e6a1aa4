/* Elements of minus four bytes. */
#include "honest.h"

static int64_t element_size(attend_backend *backend, attend_dtype dtype) {
    (void)backend, (void)dtype;
    return -4;
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "negative_element")) table.element_size = element_size;
    return host ? &table : NULL;
}
