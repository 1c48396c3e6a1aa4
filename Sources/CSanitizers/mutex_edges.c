// The slow paths of Swift's Mutex, for the thread sanitizer. The fast paths are inlined into our code and seen by it; the
// slow ones, where a thread waits in the kernel, are in libswiftSynchronization, which is not instrumented: the order
// that a contended lock makes is missing, and what it guards is reported as a race. These functions stand before the
// library's, call them, and tell the sanitizer of the order.

#define _GNU_SOURCE
#include "csanitizers.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) && defined(__linux__)
#define ATTEND_TSAN 1
#endif
#endif

#ifdef ATTEND_TSAN
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

extern void __tsan_acquire(void *address);
extern void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void (*lock_function)(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void (*unlock_function)(__attribute__((swift_context)) void *mutex);

static void *library_function(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

__attribute__((swiftcall)) void attend_lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex)
    __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void attend_lock_slow(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    ((lock_function)library_function(LOCK_SLOW))(thread, mutex);
    __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void attend_unlock_slow(__attribute__((swift_context)) void *mutex) __asm__(UNLOCK_SLOW);
__attribute__((swiftcall)) void attend_unlock_slow(__attribute__((swift_context)) void *mutex) {
    __tsan_release(mutex);
    ((unlock_function)library_function(UNLOCK_SLOW))(mutex);
}
#endif
