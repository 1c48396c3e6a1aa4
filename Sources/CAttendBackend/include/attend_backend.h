/*
 * attend_backend.h: write a backend for Attend in C, or in anything that speaks C.
 *
 * A backend computes operations on tensors. This header is all that the host (the program attend, or any
 * program that loads plug-ins) and a plug-in (a shared library with a backend in it) know of each other.
 * C99, no dependency. Plugins/Backends/minimal/minimal.c is a whole backend in one file.
 *
 * A plug-in exports one symbol, attend_plugin_start. It is handed a handshake, asks it for the host's
 * services of the version that it was built with, and returns its table of functions:
 *
 *     attend_plugin_start -> create -> prepare -> run, run, run ... -> kernel_free -> destroy
 *
 * THE MANIFEST. Beside the library libNAME.so lies libNAME.json (the library's file name with .json for its last
 * extension), which is read before any code of the library runs:
 *
 *     {
 *       "attend_plugin": 1,
 *       "name": "minimal",
 *       "version": "1.0.0",
 *       "summary": "every primitive in plain C",
 *       "needs": {"abi": "1.0", "libraries": ["libm.so.6"], "remedy": "apt-get install libc6"}
 *     }
 *
 * "attend_plugin" is 1, the manifest's own version. "name" and "version" are those of the table. "abi" is the
 * least version of this header that the host must speak, ATTEND_BACKEND_MAJOR.ATTEND_BACKEND_MINOR as the plug-in
 * needs it. For people, and may be left out: "summary", one line; "libraries", what must be installed; "remedy",
 * how to install it. Other keys are errors.
 *
 * WHAT STAYS AS IT IS. Within a major version, structures and tables only ever grow at their end, no field
 * changes its place, type or meaning, and each begins with its size in bytes as its maker was built. Read a
 * field of the other side only when `size` reaches to its end; write none beyond it. The host does the same:
 * it takes what an older plug-in's table lacks as NULL and does not look at what a newer one has more.
 * Across major versions only this stays: the symbol's name and signature, attend_handshake, and attend_error
 * up to `free`. Structures that have no `size` (attend_slice) never change within a major version.
 * Arrays hold pointers to structures, not structures, so that these may grow. Every structure ends on a multiple
 * of 8 bytes, so that whatever is appended changes its size.
 *
 * WHO OWNS WHAT. Who makes a thing owns it. What the host passes in (requests, options, strings, tensors)
 * lives until the call returns, unless it says otherwise: copy what you keep. Handles that a plug-in gives
 * out are given back through the function of the plug-in's table that frees them, once, and not used after.
 *
 * THREADS. Functions may be called on any thread, from several at once, unless it says "one at a time".
 * Different handles made by the same function may always be used at once.
 *
 * WHAT A PLUG-IN MUST BEAR, with what `attend parity` does to test it:
 *   - One kernel on two streams at once, prepared on another thread than the one that runs it (every case runs in
 *     two sessions at once; the streams are NULL where the plug-in has none).
 *   - Hundreds of kernels alive, made, run and freed in any order, also such that differ in one attribute or in the
 *     numbers of one constant alone (crowds).
 *   - Runs of one instance with other inputs, lengths, starts and counters each time (every case: A, A, A, B, A).
 *   - A run after one that ended with an error (due errors).
 *   - Ranks 0 to ATTEND_MAX_RANK, sizes of 0, and more elements than 2^20 (ranks, sizes).
 *   - One buffer as several inputs, and two views of one buffer (shared operands).
 *   - A byte_offset that is any multiple of 64; offsets of operands in elements are any number (views).
 *   - Arguments that are gone when the call has returned: requests, strings, slices, what copy_in copies (the workers
 *     overwrite them).
 *   - Memory that ends, and begins, at a page that can't be accessed (a quarter of the cases at each side, where
 *     memory is the host's), and that is gone when it was freed.
 *   - Outputs that hold anything before the run, NaN included (guards).
 *
 * NULL. A pointer or function is never NULL unless it says "may be NULL".
 *
 * ERRORS. A function that can fail returns NULL for success, or an error. Nothing may be thrown, and no
 * longjmp may leave, across this boundary: a C++ plug-in catches all at its edge. What a function set beside an
 * error that it returned (*backend, *buffer, *kernel and the like) is neither looked at nor freed.
 *
 * Strings are UTF-8 and end with a zero. Sizes of memory are in bytes, strides and offsets of operands in
 * elements. A library that was loaded is never unloaded.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ATTEND_BACKEND_H
#define ATTEND_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#define ATTEND_BACKEND_MAJOR 1
#define ATTEND_BACKEND_MINOR 0

#define ATTEND_MAX_RANK 8 /* the largest rank of an operand */

#if defined(_WIN32)
#define ATTEND_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define ATTEND_EXPORT __attribute__((visibility("default")))
#else
#define ATTEND_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Handles. Each is what its maker says; define those that are yours. ---------------------------- */

typedef struct attend_context attend_context;   /* the host's: whom a service is for */
typedef struct attend_backend attend_backend;   /* the plug-in's: one backend on one device */
typedef struct attend_buffer attend_buffer;     /* the plug-in's: memory of the device */
typedef struct attend_stream attend_stream;     /* the plug-in's: an in-order queue of work */
typedef struct attend_kernel attend_kernel;     /* the plug-in's: a prepared operation, immutable */
typedef struct attend_instance attend_instance; /* the plug-in's: a kernel on one stream, with its scratch */

/* ---- Element types ---------------------------------------------------------------------------------- */

typedef int32_t attend_dtype;
enum {
    ATTEND_FLOAT32 = 1,
    ATTEND_FLOAT16 = 2,  /* IEEE 754 binary16 */
    ATTEND_BFLOAT16 = 3, /* the upper half of a float32 */
    ATTEND_INT32 = 4,
    ATTEND_INT64 = 5,
    ATTEND_BOOL = 6 /* one byte, 0 or 1 */
};

/* ---- Errors ------------------------------------------------------------------------------------------ */

typedef int32_t attend_error_code;
enum {
    ATTEND_ERROR_FAILED = 1,        /* anything else; also what unknown codes are taken for */
    ATTEND_ERROR_UNSUPPORTED = 2,   /* prepare: there is no kernel for this request, and `message` says why */
    ATTEND_ERROR_OUT_OF_MEMORY = 3, /* `value`: the bytes that were asked for */
    ATTEND_ERROR_INDEX = 4,         /* an index outside of its axis; `value`: the index, `limit`: the axis' size */
    ATTEND_ERROR_DEVICE_LOST = 5    /* the device is gone; its backend is of no more use */
};

/* An error is an object that whoever returns it owns: the receiver reads it and calls `free` once, unless
 * that is NULL, as it is for an error that is a constant. */
typedef struct attend_error attend_error;
struct attend_error {
    size_t size; /* sizeof(attend_error) */
    attend_error_code code;
    const char *message;              /* one sentence, without a full stop; may be NULL, but help people */
    void (*free)(attend_error *self); /* may be NULL */
    int64_t value;
    int64_t limit;
    attend_instance *instance; /* for an error that synchronize tells late: whose it is; may be NULL */
};

/* ---- What the host does for a plug-in ---------------------------------------------------------------- */

typedef int32_t attend_log_level;
enum { ATTEND_LOG_DEBUG = 1, ATTEND_LOG_INFO = 2, ATTEND_LOG_WARNING = 3, ATTEND_LOG_ERROR = 4 };

/* Does the items begin <= i < end of a parallel loop. */
typedef void (*attend_loop_body)(void *argument, int64_t begin, int64_t end);

/* The host's services. Owned by the host; the table lives as long as the process. */
typedef struct attend_host {
    size_t size;
    uint32_t major; /* the version that these services are of */
    uint32_t minor;

    /* Writes a line to the host's log. `context`: the backend's, or NULL (in attend_plugin_start). */
    void (*log)(attend_context *context, attend_log_level level, const char *message);

    /* Threads of the host's budget, at least 1: what --threads says. Start none of your own beside them. */
    int32_t (*thread_count)(attend_context *context);

    /* Calls `body` on 0..grain, grain..2*grain, ... up to `count`, each range once, on the host's threads
     * and this one, and returns when all are done. May be called from within a body. `argument` is passed
     * on and may be NULL. A `grain` below 1 counts as 1. */
    void (*parallel_for)(
        attend_context *context, int64_t count, int64_t grain, attend_loop_body body, void *argument);

    /* Memory whose address is a multiple of `alignment`, a power of two up to 2 MiB (2097152); NULL where there is
     * no room, and for any other alignment. The plug-in owns it and gives it back with `deallocate`, which takes
     * NULL as well. */
    void *(*allocate)(attend_context *context, size_t byte_count, size_t alignment);
    void (*deallocate)(attend_context *context, void *memory);
} attend_host;

/* ---- Devices and options ------------------------------------------------------------------------------ */

/* What computes, for people. The host sets `size` and zeros; fill in what you know. The strings are the
 * plug-in's and live as long as the backend that is described, or the process. All may be NULL. */
typedef struct attend_device {
    size_t size;
    const char *name;            /* "Arc A770" */
    const char *type;            /* "gpu", "cpu" or "accelerator" */
    const char *driver;          /* name and version */
    const char *flaw;            /* why it can't be used: completes "it ..."; NULL where it can */
    const char *instruction_set; /* "AVX-512" */
    const char *library;         /* the library behind the backend, with its version */
    int64_t threads;             /* threads or compute units in use; 0: not known */
} attend_device;

typedef struct attend_options {
    size_t size;
    attend_context *context; /* for the host's services; valid until destroy has returned */
    int32_t device;          /* index of a device, below device_count(); 0 where there is no such function */
    int32_t threads;         /* as thread_count(context) */
} attend_options;

/* ---- Requests ------------------------------------------------------------------------------------------ */

/* The concrete type and layout of one value. The element at index (i0, i1, ...) lies offset + i0 * strides[0]
 * + i1 * strides[1] + ... elements after the place where the value begins. */
typedef struct attend_operand {
    size_t size;
    attend_dtype dtype;
    int32_t rank;           /* from 0 to ATTEND_MAX_RANK */
    const int64_t *shape;   /* `rank` sizes, from 0 up; may be NULL where rank is 0 */
    const int64_t *strides; /* `rank` strides; 0 repeats, negative runs backwards; may be NULL where rank is 0 */
    int64_t offset;
    int32_t is_dense;    /* 1: row-major without gaps, offset 0. Outputs always are */
    int32_t is_constant; /* 1: the same in every run, so that it may be packed */
} attend_operand;

typedef int32_t attend_attribute_kind;
enum {
    ATTEND_ATTRIBUTE_BOOL = 1,    /* in `integer`, 0 or 1 */
    ATTEND_ATTRIBUTE_INTEGER = 2, /* in `integer` */
    ATTEND_ATTRIBUTE_NUMBER = 3,  /* in `number` */
    ATTEND_ATTRIBUTE_STRING = 4,  /* in `string` */
    ATTEND_ATTRIBUTE_DTYPE = 5,   /* in `integer`, an attend_dtype */
    ATTEND_ATTRIBUTE_INTEGERS = 6 /* in `integers`, `count` of them: axes, shapes */
};

typedef struct attend_attribute {
    size_t size;
    const char *name;
    attend_attribute_kind kind;
    int64_t integer;
    double number;
    const char *string;      /* NULL unless a string */
    const int64_t *integers; /* NULL unless integers; may be NULL where count is 0 */
    size_t count;
} attend_attribute;

/* One operation on concrete shapes. Documentation/operations.md describes each operation, with the names of its
 * inputs, outputs and attributes, its shapes and its rules. Operands keep their own shapes and ranks where they
 * broadcast: to add [3] to [2, 3] is a request with inputs of ranks 1 and 2, and stretching is the kernel's.
 * An operation or attribute that you don't know: answer ATTEND_ERROR_UNSUPPORTED. */
typedef struct attend_request {
    size_t size;
    const char *operation; /* with its version: "matmul.v1" */
    int32_t input_count;
    int32_t output_count;
    const char *const *input_names;       /* in the operation's order; a list's inputs all bear its name */
    const attend_operand *const *inputs;  /* NULL in it: an optional input that was left out */
    const char *const *output_names;
    const attend_operand *const *outputs; /* NULL in it: an output that nobody uses */
    const attend_attribute *const *attributes; /* with the defaults filled in; one that is left out is not there */
    size_t attribute_count;
} attend_request;

/* What the host should know of a kernel. The host sets `size` and zeros, which mean: nothing to say. */
typedef struct attend_kernel_info {
    size_t size;
    const char *name;             /* for reports; lives as long as the kernel; NULL: the operation's name */
    double flops;                 /* floating-point operations; a fused multiply-add counts as two */
    double bytes;                 /* read and written; 0: all operands once */
    uint64_t strided_inputs;      /* bit i: input i is taken with the strides and offset of the request. The
                                     host gives all others dense, and copies where it must */
    uint64_t overwritable_inputs; /* bit i: output 0 may be written over input i, which has its size and dtype:
                                     each element is read before it is overwritten */
    const char *const *packings;  /* NULL, or one entry for each input: NULL, or the layout in which pack shall
                                     bring it if it is constant; lives as long as the kernel */
} attend_kernel_info;

/* ---- Memory -------------------------------------------------------------------------------------------- */

/* Where a value begins. Fixed: this structure never grows. */
typedef struct attend_slice {
    attend_buffer *buffer; /* NULL: the value is absent, as in the request */
    size_t byte_offset;    /* a multiple of 64 */
} attend_slice;

/* A dense row-major tensor in the host's memory. */
typedef struct attend_tensor {
    size_t size;
    attend_dtype dtype;
    int32_t rank;
    const int64_t *shape; /* may be NULL where rank is 0 */
    const void *data;     /* may be NULL where there are no elements */
} attend_tensor;

/* ---- The plug-in's table ------------------------------------------------------------------------------- */

/* Owned by the plug-in, constant from the moment it is returned, and valid as long as the process lives. */
typedef struct attend_plugin {
    size_t size;        /* sizeof(attend_plugin) */
    uint32_t major;     /* ATTEND_BACKEND_MAJOR */
    uint32_t minor;     /* ATTEND_BACKEND_MINOR */
    const char *name;    /* as --backend takes it, and as in the manifest: a-z, 0-9, _ and -, a letter first */
    const char *version; /* as in the manifest */

    /* -- Devices: both NULL where there is one device and no choice. -- */

    int32_t (*device_count)(void);
    attend_error *(*device_info)(int32_t index, attend_device *device);

    /* -- The backend -- */

    /* Makes the backend on a device: sets *backend, which may stay NULL for one that needs no state. */
    attend_error *(*create)(const attend_options *options, attend_backend **backend);

    /* Frees it. Called when everything that was made from it has been freed; never, where the process ends
     * before. May be NULL. */
    void (*destroy)(attend_backend *backend);

    /* Says what computes. May be NULL. */
    attend_error *(*describe)(attend_backend *backend, attend_device *device);

    /* Bytes that an element takes in the backend's buffers, from 1 to 64; the same in every call. May be
     * NULL: as many as in the host's memory. */
    int64_t (*element_size)(attend_backend *backend, attend_dtype dtype);

    /* -- Memory: all four, or all four NULL. Where they are NULL, values lie in the host's memory, and an
     *    attend_buffer * IS the address of the memory, a multiple of 64. -- */

    /* A buffer of at least `byte_count` bytes (0 too), whose content is undefined. */
    attend_error *(*buffer_create)(attend_backend *backend, size_t byte_count, attend_buffer **buffer);
    void (*buffer_free)(attend_backend *backend, attend_buffer *buffer);

    /* Copies `count` elements, dense and row-major, to or from the backend's memory, in the order of the
     * stream; the host's memory is done with when the call returns. One at a time for each stream. */
    attend_error *(*copy_in)(attend_backend *backend, attend_stream *stream, attend_slice destination,
                             const void *source, attend_dtype dtype, size_t count);
    attend_error *(*copy_out)(attend_backend *backend, attend_stream *stream, void *destination,
                              attend_slice source, attend_dtype dtype, size_t count);

    /* A buffer of its own with a constant in a layout that a kernel named, freed by buffer_free. Called once
     * for each constant, shape, layout and device; the tensor has the shape that the kernel's operand has. May be
     * NULL where no kernel names a layout; must be NULL where memory is the host's. */
    attend_error *(*pack)(attend_backend *backend, const char *layout, const attend_tensor *constant,
                          attend_buffer **buffer);

    /* -- Streams: all three, or all three NULL: then `stream` is NULL everywhere, and work is done when the
     *    call that asks for it returns. A stream is used by one thread at a time. -- */

    attend_error *(*stream_create)(attend_backend *backend, attend_stream **stream);
    void (*stream_free)(attend_backend *backend, attend_stream *stream);

    /* Waits for all work, and tells what went wrong in it since the last time. */
    attend_error *(*synchronize)(attend_backend *backend, attend_stream *stream);

    /* -- Kernels -- */

    /* A kernel for this very request, or an error with the reason why there is none. A backend supports what
     * it prepares; there is no other list. Sets *kernel (not NULL), and what it likes of *info. */
    attend_error *(*prepare)(attend_backend *backend, const attend_request *request, attend_kernel_info *info,
                             attend_kernel **kernel);

    /* Frees a kernel, after all its instances. May be NULL where kernels are constants. */
    void (*kernel_free)(attend_backend *backend, attend_kernel *kernel);

    /* What a kernel needs on one stream: arguments, scratch. Used with this stream alone and by one thread at
     * a time. Sets *instance (not NULL). Both NULL: `instance` is NULL in run. */
    attend_error *(*instance_create)(attend_backend *backend, attend_kernel *kernel, attend_stream *stream,
                                     attend_instance **instance);
    void (*instance_free)(attend_backend *backend, attend_instance *instance);

    /* Enqueues the kernel on the stream. `inputs` and `outputs` hold as many slices as the request had. One
     * at a time for each stream. */
    attend_error *(*run)(attend_backend *backend, attend_kernel *kernel, attend_instance *instance,
                         attend_stream *stream, const attend_slice *inputs, const attend_slice *outputs);
} attend_plugin;

/* ---- The handshake ------------------------------------------------------------------------------------- */

typedef struct attend_handshake {
    size_t size;
    /* The services of the version that the plug-in was built with: pass ATTEND_BACKEND_MAJOR and
     * ATTEND_BACKEND_MINOR. NULL: the host does not speak that major version; return NULL then. A host of an
     * older minor version gives the services that it has: look at their size before using newer ones. */
    const attend_host *(*services)(uint32_t major, uint32_t minor);
} attend_handshake;

/* The symbol that a plug-in exports. Called once in a process, on one thread. Returns the table, or NULL and,
 * if it likes, sets *error (which is NULL before) to say why. */
ATTEND_EXPORT const attend_plugin *attend_plugin_start(const attend_handshake *handshake, attend_error **error);

#define ATTEND_PLUGIN_SYMBOL "attend_plugin_start"

/* ---- For convenience: part of your plug-in, not of what is agreed ------------------------------------------- */

/* Defines an error that is a constant: nobody frees it. */
#define ATTEND_CONSTANT_ERROR(name, code, message) \
    static attend_error name = {sizeof(attend_error), code, message, NULL, 0, 0, NULL}

/* The attribute of this name; one of kind 0, with zeros, where it was left out. */
static inline const attend_attribute *attend_find_attribute(const attend_request *request, const char *name) {
    static const attend_attribute none = {sizeof(attend_attribute), "", 0, 0, 0, NULL, NULL, 0};
    size_t i, j;
    for (i = 0; i < request->attribute_count; i++) {
        const char *other = request->attributes[i]->name;
        for (j = 0; name[j] != 0 && name[j] == other[j];) j++;
        if (name[j] == other[j]) return request->attributes[i];
    }
    return &none;
}

/* Element `index` of the operation random, the same bits on every backend: Philox4x32-10 (Salmon and others,
 * 2011) with the seed as key and (index / 4, counter) as counter; 24 bits of lane index % 4 become [0, 1). */
static inline float attend_random_element(int64_t seed, int64_t counter, int64_t index) {
    uint64_t block = (uint64_t)index / 4, key = (uint64_t)seed, run = (uint64_t)counter;
    uint32_t x[4], a = (uint32_t)key, b = (uint32_t)(key >> 32);
    int round;
    x[0] = (uint32_t)block, x[1] = (uint32_t)(block >> 32), x[2] = (uint32_t)run, x[3] = (uint32_t)(run >> 32);
    for (round = 0; round < 10; round++, a += 0x9E3779B9u, b += 0xBB67AE85u) {
        uint64_t even = (uint64_t)x[0] * 0xD2511F53u, odd = (uint64_t)x[2] * 0xCD9E8D57u;
        x[0] = (uint32_t)(odd >> 32) ^ x[1] ^ a, x[1] = (uint32_t)odd;
        x[2] = (uint32_t)(even >> 32) ^ x[3] ^ b, x[3] = (uint32_t)even;
    }
    return (float)(x[index % 4] >> 8) / 16777216.0f;
}

/* ---- Every place is pinned (64-bit platforms) ------------------------------------------------------------ */

#if UINTPTR_MAX == UINT64_MAX
#define ATTEND_PIN_NAMED(name, condition) typedef char attend_pin_##name[(condition) ? 1 : -1]
#define ATTEND_PIN(type, field, offset) \
    ATTEND_PIN_NAMED(type##_##field, offsetof(type, field) == (offset))
#define ATTEND_PIN_SIZE(type, bytes) ATTEND_PIN_NAMED(sizeof_##type, sizeof(type) == (bytes))

ATTEND_PIN(attend_error, size, 0);
ATTEND_PIN(attend_error, code, 8);
ATTEND_PIN(attend_error, message, 16);
ATTEND_PIN(attend_error, free, 24);
ATTEND_PIN(attend_error, value, 32);
ATTEND_PIN(attend_error, limit, 40);
ATTEND_PIN(attend_error, instance, 48);
ATTEND_PIN_SIZE(attend_error, 56);

ATTEND_PIN(attend_host, size, 0);
ATTEND_PIN(attend_host, major, 8);
ATTEND_PIN(attend_host, minor, 12);
ATTEND_PIN(attend_host, log, 16);
ATTEND_PIN(attend_host, thread_count, 24);
ATTEND_PIN(attend_host, parallel_for, 32);
ATTEND_PIN(attend_host, allocate, 40);
ATTEND_PIN(attend_host, deallocate, 48);
ATTEND_PIN_SIZE(attend_host, 56);

ATTEND_PIN(attend_device, size, 0);
ATTEND_PIN(attend_device, name, 8);
ATTEND_PIN(attend_device, type, 16);
ATTEND_PIN(attend_device, driver, 24);
ATTEND_PIN(attend_device, flaw, 32);
ATTEND_PIN(attend_device, instruction_set, 40);
ATTEND_PIN(attend_device, library, 48);
ATTEND_PIN(attend_device, threads, 56);
ATTEND_PIN_SIZE(attend_device, 64);

ATTEND_PIN(attend_options, size, 0);
ATTEND_PIN(attend_options, context, 8);
ATTEND_PIN(attend_options, device, 16);
ATTEND_PIN(attend_options, threads, 20);
ATTEND_PIN_SIZE(attend_options, 24);

ATTEND_PIN(attend_operand, size, 0);
ATTEND_PIN(attend_operand, dtype, 8);
ATTEND_PIN(attend_operand, rank, 12);
ATTEND_PIN(attend_operand, shape, 16);
ATTEND_PIN(attend_operand, strides, 24);
ATTEND_PIN(attend_operand, offset, 32);
ATTEND_PIN(attend_operand, is_dense, 40);
ATTEND_PIN(attend_operand, is_constant, 44);
ATTEND_PIN_SIZE(attend_operand, 48);

ATTEND_PIN(attend_attribute, size, 0);
ATTEND_PIN(attend_attribute, name, 8);
ATTEND_PIN(attend_attribute, kind, 16);
ATTEND_PIN(attend_attribute, integer, 24);
ATTEND_PIN(attend_attribute, number, 32);
ATTEND_PIN(attend_attribute, string, 40);
ATTEND_PIN(attend_attribute, integers, 48);
ATTEND_PIN(attend_attribute, count, 56);
ATTEND_PIN_SIZE(attend_attribute, 64);

ATTEND_PIN(attend_request, size, 0);
ATTEND_PIN(attend_request, operation, 8);
ATTEND_PIN(attend_request, input_count, 16);
ATTEND_PIN(attend_request, output_count, 20);
ATTEND_PIN(attend_request, input_names, 24);
ATTEND_PIN(attend_request, inputs, 32);
ATTEND_PIN(attend_request, output_names, 40);
ATTEND_PIN(attend_request, outputs, 48);
ATTEND_PIN(attend_request, attributes, 56);
ATTEND_PIN(attend_request, attribute_count, 64);
ATTEND_PIN_SIZE(attend_request, 72);

ATTEND_PIN(attend_kernel_info, size, 0);
ATTEND_PIN(attend_kernel_info, name, 8);
ATTEND_PIN(attend_kernel_info, flops, 16);
ATTEND_PIN(attend_kernel_info, bytes, 24);
ATTEND_PIN(attend_kernel_info, strided_inputs, 32);
ATTEND_PIN(attend_kernel_info, overwritable_inputs, 40);
ATTEND_PIN(attend_kernel_info, packings, 48);
ATTEND_PIN_SIZE(attend_kernel_info, 56);

ATTEND_PIN(attend_slice, buffer, 0);
ATTEND_PIN(attend_slice, byte_offset, 8);
ATTEND_PIN_SIZE(attend_slice, 16);

ATTEND_PIN(attend_tensor, size, 0);
ATTEND_PIN(attend_tensor, dtype, 8);
ATTEND_PIN(attend_tensor, rank, 12);
ATTEND_PIN(attend_tensor, shape, 16);
ATTEND_PIN(attend_tensor, data, 24);
ATTEND_PIN_SIZE(attend_tensor, 32);

ATTEND_PIN(attend_plugin, size, 0);
ATTEND_PIN(attend_plugin, major, 8);
ATTEND_PIN(attend_plugin, minor, 12);
ATTEND_PIN(attend_plugin, name, 16);
ATTEND_PIN(attend_plugin, version, 24);
ATTEND_PIN(attend_plugin, device_count, 32);
ATTEND_PIN(attend_plugin, device_info, 40);
ATTEND_PIN(attend_plugin, create, 48);
ATTEND_PIN(attend_plugin, destroy, 56);
ATTEND_PIN(attend_plugin, describe, 64);
ATTEND_PIN(attend_plugin, element_size, 72);
ATTEND_PIN(attend_plugin, buffer_create, 80);
ATTEND_PIN(attend_plugin, buffer_free, 88);
ATTEND_PIN(attend_plugin, copy_in, 96);
ATTEND_PIN(attend_plugin, copy_out, 104);
ATTEND_PIN(attend_plugin, pack, 112);
ATTEND_PIN(attend_plugin, stream_create, 120);
ATTEND_PIN(attend_plugin, stream_free, 128);
ATTEND_PIN(attend_plugin, synchronize, 136);
ATTEND_PIN(attend_plugin, prepare, 144);
ATTEND_PIN(attend_plugin, kernel_free, 152);
ATTEND_PIN(attend_plugin, instance_create, 160);
ATTEND_PIN(attend_plugin, instance_free, 168);
ATTEND_PIN(attend_plugin, run, 176);
ATTEND_PIN_SIZE(attend_plugin, 184);

ATTEND_PIN(attend_handshake, size, 0);
ATTEND_PIN(attend_handshake, services, 8);
ATTEND_PIN_SIZE(attend_handshake, 16);
#endif

#ifdef __cplusplus
}
#endif

#endif
