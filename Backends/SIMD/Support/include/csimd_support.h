#ifndef ATTEND_CSIMD_SUPPORT_H
#define ATTEND_CSIMD_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this processor and the operating system together run AVX2 and FMA code.
bool attend_cpu_has_avx2_fma(void);

/// Whether this processor and the operating system together run AVX-512 F, BW, DQ and VL code
/// (what compilers call x86-64-v4, which includes AVX2 and FMA).
bool attend_cpu_has_avx512(void);

/// Tells the processor that this is a spinning loop.
static inline void attend_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#endif
}

/// Asks for the cache line at `address` to be brought near; never faults.
static inline void attend_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

/// Sleeps while `*word == expected`, until woken. May return early: the caller tests its condition again.
/// Without a futex (not Linux) it yields, or naps for some microseconds, instead.
void attend_wait(const uint32_t *word, uint32_t expected);

/// Wakes at most `count` of the threads that wait on `word`.
void attend_wake(const uint32_t *word, int32_t count);

#endif
