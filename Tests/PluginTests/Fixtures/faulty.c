/* A backend that adds and multiplies float32 values on the host's memory. What is defined on the command line
 * makes it faulty in one way, or gives it something of its own. */
#include "attend_backend.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct attend_kernel { int64_t count; int multiplies; int index; };
struct attend_instance { attend_kernel *kernel; };
struct attend_stream { attend_instance *failed; };
static const attend_host *host;

static attend_error no_message = {sizeof no_message, ATTEND_ERROR_FAILED, NULL, NULL, 0, 0, NULL};
static attend_error no_size = {3, ATTEND_ERROR_FAILED, "never read", NULL, 0, 0, NULL};
ATTEND_CONSTANT_ERROR(unsupported, ATTEND_ERROR_UNSUPPORTED, "adds and multiplies float32 alone");
ATTEND_CONSTANT_ERROR(failed, ATTEND_ERROR_FAILED, "it was told to fail");
ATTEND_CONSTANT_ERROR(lost, ATTEND_ERROR_DEVICE_LOST, "somebody pulled the plug");
ATTEND_CONSTANT_ERROR(no_room, ATTEND_ERROR_OUT_OF_MEMORY, "no room");
ATTEND_CONSTANT_ERROR(odd, ATTEND_ERROR_FAILED, "two\r\nlines, a bell\007 and a\ttab\n");
ATTEND_CONSTANT_ERROR(blank, ATTEND_ERROR_UNSUPPORTED, " \n ");
#define FOUR(text) text text text text
ATTEND_CONSTANT_ERROR(endless, ATTEND_ERROR_FAILED, FOUR(FOUR(FOUR(FOUR(FOUR("12345"))))));

#ifdef CONSTRUCTOR /* a file's name: written as soon as any code of the library runs */
__attribute__((constructor)) static void constructed(void) {
    FILE *file = fopen(CONSTRUCTOR, "w");
    if (file) fclose(file);
}
#endif


static const char *device_name = "abacus";

static attend_error *create(const attend_options *options, attend_backend **backend) {
    *backend = (attend_backend *)options->context;
    host->log(options->context, ATTEND_LOG_DEBUG, "made");
#ifdef LOGGED
    host->log(options->context, ATTEND_LOG_WARNING, LOGGED);
#endif
    if (options->device == 1) device_name = "abacus 1";
#ifdef CREATE_FAULT
    return &CREATE_FAULT;
#endif
    return NULL;
}
static attend_error *describe(attend_backend *backend, attend_device *device) {
    (void)backend; (void)device_name;
#ifdef DESCRIBE_FAULT
    return &DESCRIBE_FAULT;
#endif
#ifndef DEVICE_NAME
#define DEVICE_NAME device_name
#endif
    device->name = DEVICE_NAME;
#ifdef THREADS
    device->threads = THREADS;
#endif
    return NULL;
}
static attend_error *prepare(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel) {
    (void)backend; (void)info;
#ifdef PREPARE_FAULT
    return &PREPARE_FAULT;
#endif
#ifdef PREPARE_NOTHING
    return NULL;
#endif
    int is_add = !strcmp(request->operation, "add.v1"), is_multiply = !strcmp(request->operation, "multiply.v1");
    if (!(is_add || is_multiply) || request->outputs[0]->dtype != ATTEND_FLOAT32) return &unsupported;
    attend_kernel *made = host->allocate(NULL, sizeof *made, 64);
    made->count = 1;
    made->multiplies = is_multiply;
    for (int axis = 0; axis < request->outputs[0]->rank; axis++) made->count *= request->outputs[0]->shape[axis];
#ifdef WILD_INFO
    info->flops = FLOPS, info->bytes = BYTES, info->strided_inputs = ~3ull, info->overwritable_inputs = ~0ull;
#endif
#ifdef KERNEL_NAME
    info->name = KERNEL_NAME;
#endif
#ifdef PACKING
    static const char *const packings[] = {PACKING, NULL};
    info->packings = packings;
#endif
    *kernel = made;
    return NULL;
}
static void kernel_free(attend_backend *backend, attend_kernel *kernel) {
    host->deallocate((attend_context *)backend, kernel);
}
static attend_error *run(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs) {
    (void)backend; (void)instance; (void)stream;
#ifdef RUN_FAULT
    return &RUN_FAULT;
#endif
#ifdef LATE_FAULT
    stream->failed = instance;
#endif
    const float *lhs = (const float *)((const char *)inputs[0].buffer + inputs[0].byte_offset);
    const float *rhs = (const float *)((const char *)inputs[1].buffer + inputs[1].byte_offset);
    float *out = (float *)((char *)outputs[0].buffer + outputs[0].byte_offset);
    for (int64_t i = 0; i < kernel->count; i++) out[i] = kernel->multiplies ? lhs[i] * rhs[i] : lhs[i] + rhs[i];
    return NULL;
}

#ifdef DEVICES
static int32_t device_count(void) { return DEVICES; }
static attend_error *device_info(int32_t index, attend_device *device) {
    static const char *const names[] = {"Bead", "Rod", "Frame"}, *const types[] = {"cpu", "gpu", "accelerator"};
    if (index == 2) return &no_message;
    device->name = names[index];
    device->type = types[index];
    if (index == 0) device->flaw = "lost its beads";
#ifdef FLAW
    device->flaw = FLAW;
#endif
    return NULL;
}
#endif
#ifdef ELEMENT_SIZE
static int64_t element_size(attend_backend *backend, attend_dtype dtype) {
    (void)backend; (void)dtype;
    return ELEMENT_SIZE;
}
#endif
#ifdef BUFFERS /* memory of its own */
static attend_error *buffer_create(attend_backend *backend, size_t count, attend_buffer **buffer) {
    (void)backend;
#ifdef BUFFER_FAULT
    return &BUFFER_FAULT;
#endif
#ifndef BUFFER_NOTHING
    *buffer = malloc(count ? count : 1);
#else
    (void)count; (void)buffer;
#endif
    return NULL;
}
static void buffer_free(attend_backend *backend, attend_buffer *buffer) { (void)backend; free(buffer); }
static attend_error *copy_in(attend_backend *backend, attend_stream *stream, attend_slice to, const void *from,
                             attend_dtype dtype, size_t count) {
    (void)backend; (void)stream;
    memcpy((char *)to.buffer + to.byte_offset, from, count * (dtype == ATTEND_FLOAT32 ? 4 : 1));
    return NULL;
}
static attend_error *copy_out(attend_backend *backend, attend_stream *stream, void *to, attend_slice from,
                              attend_dtype dtype, size_t count) {
    (void)backend; (void)stream;
#ifdef COPY_FAULT
    return &COPY_FAULT;
#endif
    memcpy(to, (char *)from.buffer + from.byte_offset, count * (dtype == ATTEND_FLOAT32 ? 4 : 1));
    return NULL;
}
#endif
#ifdef LATE_FAULT /* a queue that tells its errors late */
static attend_error *stream_create(attend_backend *backend, attend_stream **stream) {
    (void)backend;
    *stream = calloc(1, sizeof **stream);
    return NULL;
}
static void stream_free(attend_backend *backend, attend_stream *stream) { (void)backend; free(stream); }
static attend_error *synchronize(attend_backend *backend, attend_stream *stream) {
    (void)backend;
    static attend_error error = {sizeof error, ATTEND_ERROR_INDEX, NULL, NULL, 7, 3, NULL};
    error.instance = stream->failed;
    return stream->failed ? &error : NULL;
}
static attend_error *instance_create(attend_backend *backend, attend_kernel *kernel, attend_stream *stream,
                                     attend_instance **instance) {
    (void)backend; (void)stream;
    *instance = malloc(sizeof **instance);
    (*instance)->kernel = kernel;
    return NULL;
}
static void instance_free(attend_backend *backend, attend_instance *instance) { (void)backend; free(instance); }
#endif

#ifndef NAME
#define NAME "faulty"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SIZE
#define SIZE sizeof(attend_plugin)
#endif
#ifndef MAJOR
#define MAJOR ATTEND_BACKEND_MAJOR
#endif

static attend_plugin plugin = {
    .size = SIZE, .major = MAJOR, .minor = 0, .name = NAME, .version = VERSION, .create = create, .describe = describe,
    .prepare = prepare, .kernel_free = kernel_free, .run = run,
#ifdef DEVICES
    .device_count = device_count, .device_info = device_info,
#endif
#ifdef ELEMENT_SIZE
    .element_size = element_size,
#endif
#ifdef BUFFERS
    .buffer_create = buffer_create, .buffer_free = buffer_free, .copy_in = copy_in, .copy_out = copy_out,
#endif
#ifdef LATE_FAULT
    .stream_create = stream_create, .stream_free = stream_free, .synchronize = synchronize,
    .instance_create = instance_create, .instance_free = instance_free,
#endif
};

#ifdef OTHER_SYMBOL
#define attend_plugin_start something_else
const attend_plugin *something_else(const attend_handshake *handshake, attend_error **error);
#endif
const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error) {
    (void)no_message; (void)no_size; (void)failed; (void)lost; (void)no_room;
    (void)odd; (void)blank; (void)endless;
#ifndef ASKS_FOR
#define ASKS_FOR ATTEND_BACKEND_MAJOR
#endif
    host = handshake->services(ASKS_FOR, ATTEND_BACKEND_MINOR);
    if (!host) return NULL;
#ifdef START_FAULT
    *error = &START_FAULT;
    return NULL;
#endif
#ifdef START_NOTHING
    return NULL;
#endif
#ifdef WITHOUT
    plugin.WITHOUT = NULL;
#endif
    (void)error;
    return &plugin;
}
