// Lets an exception of C++ out of its run, which the header forbids.
#include "honest.h"
#include <stdexcept>

static attend_error *run(attend_backend *, attend_kernel *, attend_instance *, attend_stream *, const attend_slice *,
                         const attend_slice *) {
    throw std::runtime_error("nobody catches this");
}
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **) {
    if (honest_start(handshake, "throws")) table.run = run;
    return host ? &table : nullptr;
}
