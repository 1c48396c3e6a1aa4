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

/// Zero-extends `count` bytes to 4-byte integers, by vector types of the compiler: one instruction where the processor
/// has it.
#define ATTEND_WIDEN(count)                                                             \
    static inline void attend_widen##count(const uint8_t *from, void *to) {             \
        typedef uint8_t narrow __attribute__((vector_size(count)));                     \
        typedef int32_t wide __attribute__((vector_size(4 * count)));                   \
        narrow bytes;                                                                   \
        __builtin_memcpy(&bytes, from, sizeof bytes);                                   \
        wide words = __builtin_convertvector(bytes, wide);                              \
        __builtin_memcpy(to, &words, sizeof words);                                     \
    }
ATTEND_WIDEN(4)
ATTEND_WIDEN(8)
ATTEND_WIDEN(16)
#undef ATTEND_WIDEN

/// Sleeps while `*word == expected`, until woken. May return early: the caller tests its condition again.
/// Without a futex (not Linux) it yields, or naps for some microseconds, instead.
void attend_wait(const uint32_t *word, uint32_t expected);

/// Wakes at most `count` of the threads that wait on `word`.
void attend_wake(const uint32_t *word, int32_t count);

#endif
