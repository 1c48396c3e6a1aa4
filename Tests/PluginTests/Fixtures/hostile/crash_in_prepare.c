/* Writes to address 8 when it is asked for a kernel. */
#include "honest.h"

static int *volatile nowhere = (int *)8;

static attend_error *prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel) {
    if (!strcmp(request->operation, "add.v1")) *nowhere = 1;
    return honest_prepare(backend, request, info, kernel);
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "crash_in_prepare")) table.prepare = prepare;
    return host ? &table : NULL;
}
