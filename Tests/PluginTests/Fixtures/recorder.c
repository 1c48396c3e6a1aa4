/* minimal.c, but for its prepare, which writes down what it is offered: a line for each in the file RECORD. */
#define attend_plugin_start minimal_start
#include "minimal.c"
#undef attend_plugin_start
#include <stdio.h>

static attend_error *recorded(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                              attend_kernel **kernel) {
    attend_error *error = prepare(backend, request, info, kernel);
    FILE *file = fopen(RECORD, "a");
    if (!file) return &no_room;
    fprintf(file, "%s %s", error ? "refused" : "taken", request->operation);
    for (int i = 0; i < request->input_count; i++) fprintf(file, " %s", request->input_names[i]);
    fprintf(file, "\n");
    fclose(file);
    return error;
}

ATTEND_EXPORT const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error);
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    static attend_plugin recording;
    const attend_plugin *plugin = minimal_start(handshake, error);
    if (!plugin) return NULL;
    recording = *plugin;
    recording.prepare = recorded;
    return &recording;
}
