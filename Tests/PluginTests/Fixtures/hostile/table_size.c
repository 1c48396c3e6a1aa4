/* A table that says it is 8 bytes long. */
#include "honest.h"

const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)error;
    if (honest_start(handshake, "table_size")) table.size = 8;
    return host ? &table : NULL;
}
